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
