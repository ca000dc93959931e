import Dispatch
import Synchronization
import Testing

@testable import ResourcePools

@Suite(.timeLimit(.minutes(1))) struct FairPoolTests {
    /// What happened, in order.
    private final class Order: Sendable {
        private let names = Mutex<[String]>([])

        var all: [String] { names.withLock { $0 } }

        func note(_ name: String) { names.withLock { $0.append(name) } }
    }

    private func pool(total: Int, share: Int, perSubject: Int? = nil, queue: Int = 10) -> FairPool {
        FairPool("tests", .init(total: total, share: share, perSubject: perSubject, queue: queue))
    }

    /// Waits until so many wait for a place, and no longer than the test may take.
    private func waiting(_ count: Int, at pool: FairPool) async throws {
        while pool.usage.waiting != count { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func givesNoHolderMoreThanItsShare() {
        let pool = pool(total: 4, share: 2)
        let held = [pool.tryEnter("a"), pool.tryEnter("a")]
        #expect(held.allSatisfy { $0 != nil })
        #expect(pool.tryEnter("a") == nil)
        let others = [pool.tryEnter("b"), pool.tryEnter("c")]
        #expect(others.allSatisfy { $0 != nil })
        #expect(pool.tryEnter("d") == nil)
        #expect(pool.usage == .init(held: 4, waiting: 0))
        withExtendedLifetime((held, others)) {}
    }

    @Test func givesNoSubjectMoreThanItsPart() {
        let pool = pool(total: 10, share: 5, perSubject: 2)
        let held = [pool.tryEnter("a", subject: "host"), pool.tryEnter("b", subject: "host")]
        #expect(held.allSatisfy { $0 != nil })
        #expect(pool.tryEnter("c", subject: "host") == nil)
        let other = pool.tryEnter("c", subject: "other")
        #expect(other != nil)
        withExtendedLifetime((held, other)) {}
    }

    @Test func keepsTheLastPlacesForHoldersWithoutAny() {
        let pool = pool(total: 8, share: 4)
        let many = (0..<4).flatMap { _ in [pool.tryEnter("a"), pool.tryEnter("b")] }
        #expect(many.compactMap(\.self).count == 6)
        let others = ["c", "d", "e"].map { pool.tryEnter($0) }
        #expect(others.map { $0 != nil } == [true, true, false])
        withExtendedLifetime((many, others)) {}
    }

    @Test func takesAPlaceBackOnce() {
        let pool = pool(total: 1, share: 1)
        let place = pool.tryEnter("a")
        place?.leave()
        place?.leave()
        #expect(pool.usage.held == 0)
        let next = pool.tryEnter("b")
        #expect(next != nil && pool.tryEnter("b") == nil)
        withExtendedLifetime((place, next)) {}
    }

    @Test func takesAPlaceBackThatIsForgotten() {
        let pool = pool(total: 1, share: 1)
        _ = pool.tryEnter("a")
        #expect(pool.usage.held == 0)
    }

    @Test func servesHoldersInTurn() async throws {
        let pool = pool(total: 1, share: 1)
        let order = Order()
        let first = pool.tryEnter("a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (count, holder) in ["a", "a", "a", "b", "c"].enumerated() {
                group.addTask {
                    let place = try await pool.enter(holder)
                    order.note(holder)
                    place.leave()
                }
                try await waiting(count + 1, at: pool)
            }
            first?.leave()
        }
        #expect(order.all == ["a", "b", "c", "a", "a"])
        #expect(pool.usage == .init(held: 0, waiting: 0))
    }

    @Test func letsNobodyWaitBehindAHolderWithoutShare() async throws {
        let pool = pool(total: 3, share: 1)
        let first = pool.tryEnter("a")
        let waiter = Task { try await pool.enter("a") }
        try await waiting(1, at: pool)
        let other = pool.tryEnter("b")
        #expect(other != nil)
        first?.leave()
        let place = try await waiter.value
        #expect(pool.usage == .init(held: 2, waiting: 0))
        withExtendedLifetime((other, place)) {}
    }

    @Test func passesAWaiterWhoseSubjectIsFull() async throws {
        let pool = pool(total: 4, share: 4, perSubject: 1)
        let slow = pool.tryEnter("a", subject: "slow")
        let behind = Task { try await pool.enter("a", subject: "slow") }
        try await waiting(1, at: pool)
        let other = try await pool.enter("a", subject: "fast")
        #expect(pool.usage == .init(held: 2, waiting: 1))
        slow?.leave()
        let place = try await behind.value
        withExtendedLifetime((other, place)) {}
    }

    @Test func refusesWhoFindsTheQueueFull() async throws {
        let pool = pool(total: 1, share: 1, queue: 1)
        let first = pool.tryEnter("a")
        let waiter = Task { try await pool.enter("a") }
        try await waiting(1, at: pool)
        await #expect(throws: FairPool.Failure.queueIsFull) { try await pool.enter("a") }
        let other = Task { try await pool.enter("b") }
        try await waiting(2, at: pool)
        first?.leave()
        try await waiter.value.leave()
        try await other.value.leave()
    }

    /// The limit of all who wait takes from no holder the first place in the queue.
    @Test func boundsAllQueuesTogether() async throws {
        let pool = pool(total: 1, share: 1, queue: 2)
        let place = pool.tryEnter("first")
        let holders = ["a", "b", "c", "d"]
        let waiting = (holders + holders).map { holder in Task { try await pool.enter(holder) } }
        try await self.waiting(8, at: pool)
        let late = Task { try await pool.enter("e") }
        try await self.waiting(9, at: pool)
        await #expect(throws: FairPool.Failure.queueIsFull) { try await pool.enter("e") }
        for task in waiting + [late] { task.cancel() }
        try await self.waiting(0, at: pool)
        withExtendedLifetime(place) {}
    }

    /// Whoever sends much within a holder keeps out nobody else of it.
    @Test func servesTheSendersOfAHolderInTurn() async throws {
        let pool = pool(total: 1, share: 1, queue: 4)
        let order = Order()
        let first = pool.tryEnter("a")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (count, sender) in ["much", "much", "much", "little"].enumerated() {
                group.addTask {
                    let place = try await pool.enter("a", sender: sender)
                    order.note(sender)
                    place.leave()
                }
                try await waiting(count + 1, at: pool)
            }
            first?.leave()
        }
        #expect(order.all == ["much", "little", "much", "much"])
    }

    @Test func refusesTheLastOfWhoSendsMuchWhereTheQueueIsFull() async throws {
        let pool = pool(total: 1, share: 1, queue: 2)
        let first = pool.tryEnter("a")
        let much = Task { try await pool.enter("a", sender: "much") }
        try await waiting(1, at: pool)
        let more = Task { try await pool.enter("a", sender: "much") }
        try await waiting(2, at: pool)
        let little = Task { try await pool.enter("a", sender: "little") }
        await #expect(throws: FairPool.Failure.queueIsFull) { try await more.value }
        await #expect(throws: FairPool.Failure.queueIsFull) { try await pool.enter("a", sender: "much") }
        await #expect(throws: FairPool.Failure.queueIsFull) { try await pool.enter("a", sender: "third") }
        first?.leave()
        try await much.value.leave()
        try await little.value.leave()
        #expect(pool.usage == .init(held: 0, waiting: 0))
    }

    /// Those who fill the queue of all give way to a holder with fewer in it.
    @Test func refusesTheLastOfTheLongestQueueWhereAllAreFull() async throws {
        let pool = pool(total: 1, share: 1, queue: 3)
        let place = pool.tryEnter("first")
        var waiters: [Task<FairPool.Place, any Error>] = []
        for (count, holder) in "aaabbbcccddde".enumerated() {
            waiters.append(Task { try await pool.enter(String(holder)) })
            try await waiting(count + 1, at: pool)
        }
        let second = Task { try await pool.enter("e") }
        await #expect(throws: FairPool.Failure.queueIsFull) { try await waiters[2].value }
        await #expect(throws: FairPool.Failure.queueIsFull) { try await pool.enter("e") }
        #expect(pool.usage == .init(held: 1, waiting: 13))
        for task in waiters + [second] { task.cancel() }
        try await waiting(0, at: pool)
        withExtendedLifetime(place) {}
    }

    @Test func stopsWaitingInTime() async throws {
        let pool = pool(total: 1, share: 1)
        let first = pool.tryEnter("a")
        await #expect(throws: FairPool.Failure.waitedTooLong) {
            try await pool.enter("a", patience: .milliseconds(1))
        }
        #expect(pool.usage.waiting == 0)
        first?.leave()
        #expect(pool.usage.held == 0)
    }

    @Test func stopsAtOnceWithoutPatience() async throws {
        let pool = pool(total: 1, share: 1)
        let first = pool.tryEnter("a")
        for patience in [Duration.zero, .seconds(-1)] {
            await #expect(throws: FairPool.Failure.waitedTooLong) { try await pool.enter("a", patience: patience) }
        }
        #expect(pool.usage == .init(held: 1, waiting: 0))
        withExtendedLifetime(first) {}
    }

    @Test func forgetsWhoIsCancelled() async throws {
        let pool = pool(total: 1, share: 1)
        let first = pool.tryEnter("a")
        let waiter = Task { try await pool.enter("a") }
        try await waiting(1, at: pool)
        waiter.cancel()
        await #expect(throws: FairPool.Failure.cancelled) { try await waiter.value }
        #expect(pool.usage.waiting == 0)
        withExtendedLifetime(first) {}
    }

    @Test func leavesTheThreadsOfTheExecutorAlone() async throws {
        let workers = FairWorkers("tests", .init(total: 16, share: 16, queue: 10))
        let gate = DispatchSemaphore(value: 0)
        for _ in 0..<12 {
            await #expect(throws: FairPool.Failure.abandoned) {
                try await workers.runUnstoppable(for: "a", patience: .milliseconds(1)) { gate.wait() }
            }
        }
        // All of these would wait for a thread that one of the above has.
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { await Task.yield() } }
        }
        let other = FairWorkers("others", .init(total: 1, share: 1, queue: 1))
        #expect(try await other.run(for: "b") { 5 } == 5)
        #expect(workers.places.usage.held == 12)
        for _ in 0..<12 { gate.signal() }
    }

    @Test func holdsThePlaceOfWorkThatHangs() async throws {
        let workers = FairWorkers("tests", .init(total: 2, share: 1, queue: 10))
        let (released, release) = AsyncStream<Void>.makeStream()
        let gate = DispatchSemaphore(value: 0)
        await #expect(throws: FairPool.Failure.abandoned) {
            try await workers.runUnstoppable(for: "a", patience: .milliseconds(10)) {
                gate.wait()
                release.finish()
            }
        }
        #expect(workers.places.usage.held == 1)
        let other = try await workers.runUnstoppable(for: "b", patience: .seconds(60)) { 5 }
        #expect(other == 5)
        gate.signal()
        for await _ in released {}
    }
}
