import Storage
import Testing

@testable import Integrations

@Suite struct RefreshPolicyTests {
    private let sentAt = Timestamp(seconds: 1000)

    @Test(arguments: [(3600, 300), (600, 150), (240, 60), (200, 60), (60, 30), (10, 5), (7200, 300)])
    func generallyAQuarterOfTheLifeIsLeft(_ life: Int64, _ left: Int64) {
        #expect(
            RefreshPolicy.refreshAt(sentAt: sentAt, lifetime: .seconds(life), margin: .quarter) == sentAt
                + .seconds(life - left))
    }

    @Test(arguments: [(600, 60), (3600, 60), (60, 30)])
    func snowflakeIsRefreshedAsLateAsPossible(_ life: Int64, _ left: Int64) {
        #expect(
            RefreshPolicy.refreshAt(sentAt: sentAt, lifetime: .seconds(life), margin: .late) == sentAt
                + .seconds(life - left))
    }
}

@Suite struct LiveTokenTests {
    private let obtainedAt = Timestamp(seconds: 10_000)

    private var token: LiveToken {
        LiveToken(
            sealed: [], additionalData: [], obtainedAt: obtainedAt, expiresAt: obtainedAt + .seconds(3600),
            refreshAt: obtainedAt + .seconds(3300))
    }

    @Test(arguments: [(-7200, 3600), (-1, 3600), (0, 3600), (600, 3000), (3599, 1), (4000, 0)])
    func neverSaysMoreThanTheProviderDid(_ later: Int64, _ left: Int64) {
        #expect(token.expiresIn(at: obtainedAt + .seconds(later)) == left)
    }

    @Test(arguments: [(-3600, false), (-61, false), (-60, true), (0, true), (3299, true), (3300, false)])
    func isNotFreshWhereTheClockWasSetBackSinceItCame(_ later: Int64, _ isFresh: Bool) {
        #expect(token.isFresh(at: obtainedAt + .seconds(later)) == isFresh)
    }
}

@Suite struct CircuitBreakerTests {
    let time = TestClock()

    private func breaker(threshold: Int) -> CircuitBreaker {
        CircuitBreaker(threshold: threshold, clock: time.monotonic) { $0.upperBound }
    }

    @Test func itOpensAfterSoManyFailuresInARowAndLetsOneThroughLater() {
        let breaker = breaker(threshold: 3)
        for _ in 0..<3 {
            #expect(breaker.wait("host") == nil)
            breaker.fail("host", retryAfter: nil)
        }
        #expect(breaker.wait("host") == 1)
        time.advance(1)
        #expect(breaker.wait("host") == nil)
        #expect(breaker.wait("host") != nil)
        breaker.succeed("host")
        #expect(breaker.wait("host") == nil)
    }

    @Test func pausesDoubleUpToAMinute() {
        let breaker = breaker(threshold: 1)
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] as [Int64] {
            breaker.fail("host", retryAfter: nil)
            #expect(breaker.wait("host") == pause)
            time.advance(pause)
            #expect(breaker.wait("host") == nil)
        }
    }

    @Test func aSuccessInBetweenStartsTheCountAnew() {
        let breaker = breaker(threshold: 2)
        breaker.fail("host", retryAfter: nil)
        breaker.succeed("host")
        breaker.fail("host", retryAfter: nil)
        #expect(breaker.wait("host") == nil)
    }

    @Test func aProbeThatWasNotMadeIsGivenBack() {
        let breaker = breaker(threshold: 1)
        breaker.fail("host", retryAfter: nil)
        time.advance(1)
        #expect(breaker.wait("host") == nil)
        breaker.release("host")
        #expect(breaker.wait("host") == nil)
    }

    @Test func oneHostsTroubleIsNotAnothers() {
        let breaker = breaker(threshold: 1)
        breaker.fail("host", retryAfter: nil)
        #expect(breaker.wait("other") == nil)
    }
}
