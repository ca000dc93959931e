import Accounts
import NIOCore
import NIOHTTP1
import Testing

@testable import Web

@Suite struct ConnectionStateTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private var state: ConnectionState
    private let refusal = Refusal(.bodyTooLarge, "The body is too large.")

    init() { state = ConnectionState(at: start) }

    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    private mutating func begin(_ seconds: Int64 = 0, isLast: Bool = false, limit: Int = 1000) {
        state.requestBegins(.POST, isLast: isLast, limit: limit, at: after(seconds))
    }

    @Test mutating func keepsTheConnectionAfterACompleteRequest() {
        begin()
        state.requestEnds(at: start)
        #expect(!value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .goOn)
        #expect(state.isQuiet)
    }

    @Test mutating func tellsAClientThatWaitsOnce() {
        state.requestBegins(.POST, isLast: false, limit: 1000, isExpecting: true, at: start)
        #expect(value(state.bodyIsWanted()))
        #expect(!value(state.bodyIsWanted()))
    }

    @Test mutating func tellsNobodyWhoDoesNotWaitOrHasBegunToSend() {
        begin()
        #expect(!value(state.bodyIsWanted()))
        state = ConnectionState(at: start)
        state.requestBegins(.POST, isLast: false, limit: 1000, isExpecting: true, at: start)
        #expect(value(state.bodyArrives(1)))
        #expect(!value(state.bodyIsWanted()))
    }

    @Test mutating func tellsNobodyWithinAnAnswer() {
        state.requestBegins(.POST, isLast: false, limit: 1000, isExpecting: true, at: start)
        #expect(value(state.answerBegins()))
        #expect(!value(state.bodyIsWanted()))
    }

    @Test mutating func closesAfterAnAnswerThatCameBeforeTheBody() {
        begin()
        #expect(value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .close)
        #expect(state.isOver && state.isIgnoring)
    }

    @Test mutating func keepsTheConnectionWhereTheNextRequestArrivesMeanwhile() {
        begin()
        state.requestEnds(at: start)
        begin()
        #expect(!value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .goOn)
        #expect(value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .close)
    }

    @Test mutating func ignoresWhatFollowsTheLastRequest() {
        begin(isLast: true)
        state.requestEnds(at: start)
        #expect(state.isIgnoring)
        #expect(value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .close)
    }

    @Test mutating func refusesAtOnceWhereNothingIsPending() {
        let isDue = state.requestIsRefused(.POST, refusal)
        #expect(isDue && state.isIgnoring)
    }

    @Test mutating func answersEarlierRequestsBeforeARefusal() {
        begin()
        state.requestEnds(at: start)
        let isDue = state.requestIsRefused(.POST, refusal)
        #expect(!isDue)
        #expect(!value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .refuse(refusal))
    }

    @Test mutating func refusesABodyThatGrowsTooLarge() {
        begin(limit: 100)
        #expect(value(state.bodyArrives(100)))
        #expect(!value(state.bodyArrives(1)))
        let isDue = state.refuseBody(refusal)
        #expect(isDue)
    }

    @Test mutating func doesNotRefuseWhatIsBeingAnswered() {
        begin(limit: 100)
        #expect(value(state.answerBegins()))
        let isDue = state.refuseBody(refusal)
        #expect(!isDue)
        #expect(state.answerEnds(at: start) == .close)
    }

    @Test mutating func refusesALaterBodyAfterTheAnswerUnderWay() {
        begin()
        state.requestEnds(at: start)
        begin(limit: 100)
        #expect(!value(state.answerBegins()))
        let isDue = state.refuseBody(refusal)
        #expect(!isDue)
        #expect(state.answerEnds(at: start) == .refuse(refusal))
    }

    @Test func closesAfterTheAnswerToAHeadThatCannotBeRead() {
        var state = state
        #expect(value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .close)
    }

    /// `#expect` cannot call a mutating function itself.
    private func value(_ value: Bool) -> Bool { value }

    // Time.

    @Test mutating func closesAnIdleConnection() {
        #expect(state.deadline == after(75))
        #expect(state.expire(at: after(74), due: after(74)) == .wait(after(75)))
        #expect(state.expire(at: after(75), due: after(75)) == .close)
    }

    @Test mutating func countsAnswersFromMemoryAsUse() {
        begin(70)
        #expect(!value(state.requestWasAnswered(at: after(70))))
        #expect(state.expire(at: after(75), due: after(75)) == .wait(after(145)))
    }

    @Test mutating func waitsForItsOwnServerWithoutLimit() {
        begin()
        state.requestEnds(at: start)
        #expect(state.deadline == nil)
        #expect(state.expire(at: after(1000), due: after(1000)) == .nothing)
    }

    @Test mutating func refusesABodyThatDrips() {
        begin()
        #expect(value(state.bodyArrives(100)))
        #expect(state.expire(at: after(29), due: after(29)) == .wait(after(30) + .milliseconds(1)))
        #expect(state.expire(at: after(31), due: after(31)) == .refuse)
    }

    @Test mutating func givesALongBodyMoreTimeTheMoreArrives() {
        begin(limit: 100 << 20)
        #expect(value(state.bodyArrives(10 << 20)))
        #expect(state.deadline == after(30 + 160))
    }

    @Test mutating func doesNotCountTimeInWhichTheProcessWasPaused() {
        begin()
        #expect(state.expire(at: after(54), due: after(30)) == .wait(after(30 + 24 + 1)))
        #expect(state.expire(at: after(55), due: after(55)) == .refuse)
    }

    // Shutdown.

    @Test mutating func answersOneMoreRequestAtShutdown() {
        state.shutDown(at: start)
        begin()
        state.requestEnds(at: start)
        #expect(value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .close)
    }

    @Test mutating func closesAtShutdownAfterAnAnswerFromMemory() {
        state.shutDown(at: start)
        begin()
        #expect(value(state.requestWasAnswered(at: start)))
    }

    @Test mutating func closesAnIdleConnectionSoonAtShutdown() {
        state.shutDown(at: after(10))
        #expect(state.deadline == after(10) + .milliseconds(500))
    }

    @Test mutating func answersAllPipelinedRequestsAtShutdown() {
        begin()
        state.requestEnds(at: start)
        begin()
        state.requestEnds(at: start)
        state.shutDown(at: start)
        #expect(!value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .goOn)
        #expect(value(state.answerBegins()))
        #expect(state.answerEnds(at: start) == .close)
    }
}
