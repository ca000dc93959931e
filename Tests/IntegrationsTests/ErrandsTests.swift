import Accounts
import HTTPClient
import JSON
import Storage
import Synchronization
import Testing

@testable import Integrations

/// The background itself: what wakes it, what it does at once, and how it stops.
@Suite struct ErrandsTests {
    let sleeper = TestSleeper()
    let house: HouseFixture

    init() async throws { house = try await HouseFixture(sleeper: sleeper.sleeper) }

    private var admin: Administrator { .operator(house.tenant.account, at: house.time.now) }

    private func subscribe(_ host: String) async throws -> WebhookRecord {
        var fields = Webhooks.Fields()
        fields.url = "https://\(host).example.com/"
        fields.events = ["session.created"]
        return try await house.tenant.webhooks.create(fields, by: admin).webhook
    }

    private func state(_ webhook: WebhookRecord) async throws -> [DeliveryRecord.State] {
        try await house.tenant.webhooks.deliveries(of: webhook.guid, for: admin).map(\.state)
    }

    /// Waits for a condition; nothing here depends on how long it takes.
    private func eventually(_ condition: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            try #require(ContinuousClock.now < end, "waited in vain")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test func whatIsQueuedIsDoneAtOnceAndTheTaskEnds() async throws {
        let webhook = try await subscribe("hooks")
        house.provider.next { _ throws(OutboundError) in OutboundResponse(status: 200) }
        try await house.logIn()
        try await eventually { try await state(webhook) == [.delivered] }
        try await eventually { !house.tenant.errands.isRunning }
    }

    @Test func whatFailedIsDoneAgainWhenItsTimeHasCome() async throws {
        let webhook = try await subscribe("hooks")
        house.provider.next { _ throws(OutboundError) in OutboundResponse(status: 500) }
        house.provider.next { _ throws(OutboundError) in OutboundResponse(status: 200) }
        try await house.logIn()
        try await eventually { house.provider.sent.count == 1 && sleeper.sleepers > 0 }
        #expect(try await state(webhook) == [.pending])
        house.time.advance(5)
        sleeper.wakeAll()
        try await eventually { try await state(webhook) == [.delivered] }
    }

    @Test func aReceiverThatHangsDoesNotHoldUpTheOthers() async throws {
        let gate = TestSleeper()
        let hanging = try await subscribe("hangs")
        let webhook = try await subscribe("hooks")
        for _ in 0..<6 {
            house.provider.next { request throws(OutboundError) in
                if request.url.host.hasPrefix("hangs") { await gate.sleeper.sleep(for: .zero) }
                return OutboundResponse(status: 200)
            }
        }
        // Three sessions, so three lanes.
        for name in ["a", "b", "c"] {
            let user = try await house.tenant.people.invite(email: "\(name)@acme.example", role: .viewer, by: admin)
                .user
            try await house.tenant.account.store.note([
                Caller(user: user, origin: .system).note(
                    .sessionCreated, at: house.time.now, subject: user.guid, integration: house.integration.guid,
                    details: ["user_guid": .string(user.guid.description)])
            ])
        }
        try await eventually { try await state(webhook) == [.delivered, .delivered, .delivered] }
        #expect(house.provider.sent.count { $0.url.host.hasPrefix("hangs") } == Errands.maximumPerWebhook)
        #expect(try await state(hanging) == [.pending, .pending, .pending])
        try await eventually {
            gate.wakeAll()
            return try await state(hanging) == [.delivered, .delivered, .delivered]
        }
    }

    @Test func aShutdownBreaksOffAndLosesNothing() async throws {
        let webhook = try await subscribe("hooks")
        house.provider.next { request throws(OutboundError) in
            do { try await Task.sleep(for: .seconds(60)) } catch {
                throw OutboundError(.cancelled, authority: request.url.authority)
            }
            return OutboundResponse(status: 200)
        }
        try await house.logIn()
        try await eventually { house.provider.sent.count == 1 }
        await house.tenant.errands.drain()
        let left = try #require(
            try await house.tenant.webhooks.deliveries(of: webhook.guid, for: admin).first)
        #expect(left.state == .pending && left.attempts == 0)
        house.tenant.errands.wake()
        #expect(!house.tenant.errands.isRunning)
    }

    @Test func withoutASleeperNothingIsDone() async throws {
        let house = try await HouseFixture()
        var fields = Webhooks.Fields()
        fields.url = "https://hooks.example.com/"
        fields.events = ["session.created"]
        _ = try await house.tenant.webhooks.create(
            fields, by: .operator(house.tenant.account, at: house.time.now))
        try await house.logIn()
        #expect(!house.tenant.errands.isRunning)
        #expect(house.provider.sent.isEmpty)
    }

    @Test func pausesGrowWithinTheirBoundsAndEndInTime() {
        let start = Timestamp(seconds: 0)
        let backoff = Backoff(shortest: 5, longest: 3600, patience: .seconds(10_000))
        for failures in Int64(1)...20 {
            let pause = min(Int64(3600), 5 << (failures - 1))
            let bounds = max(5, pause - pause / 4)...pause
            for _ in 0..<50 {
                let next = backoff.next(after: failures, since: start, at: start)
                #expect(bounds.contains(next?.seconds ?? 0))
            }
        }
        #expect(backoff.next(after: 20, since: start, at: Timestamp(seconds: 9_999))?.seconds == 10_000)
        #expect(backoff.next(after: 1, since: start, at: Timestamp(seconds: 10_000)) == nil)
        #expect(backoff.next(after: 1, since: start, at: start, asked: 100_000)?.seconds == 3600)
    }
}

/// Sleeps until a test says so, or its task is cancelled.
final class TestSleeper: Sendable {
    private let waiting = Mutex<[Int: CheckedContinuation<Void, Never>]>([:])
    private let next = Atomic<Int>(0)

    var sleepers: Int { waiting.withLock { $0.count } }

    var sleeper: Sleeper {
        Sleeper { [self] _ in
            let id = next.wrappingAdd(1, ordering: .relaxed).newValue
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    waiting.withLock { $0[id] = continuation }
                    if Task.isCancelled { resume(id) }
                }
            } onCancel: {
                resume(id)
            }
        }
    }

    func wakeAll() { for id in waiting.withLock({ Array($0.keys) }) { resume(id) } }

    private func resume(_ id: Int) { waiting.withLock { $0.removeValue(forKey: id) }?.resume() }
}
