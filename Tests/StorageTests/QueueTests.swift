import GRDB
import JSON
import Synchronization
import Testing

@testable import Storage

@Suite struct QueueTests {
    let temporary: TemporaryFolder
    let account: OpenAccount

    init() throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
    }

    private var now: Timestamp { temporary.now }

    private func webhook(_ events: [WebhookEvent] = WebhookEvent.subscribable, isEnabled: Bool = true) async throws
        -> WebhookRecord
    {
        let webhook = WebhookRecord(
            guid: account.makeGUID(), url: "https://hooks.example.com/", description: "", events: events,
            isEnabled: isEnabled, sealedSecret: [1], createdAt: now, updatedAt: now)
        return try await account.store.addWebhook(webhook, noting: nil)
    }

    private func event(_ action: EventAction, integration: GUID, user: String = "u") -> EventRecord {
        EventRecord(
            action, at: now, actor: .system, origin: .system, subject: account.makeGUID(), integration: integration,
            details: ["user_guid": .string(user), "reason": "x"])
    }

    private func plan(_ time: Timestamp? = nil) async throws -> ErrandPlan {
        try await account.store.errands(at: time ?? now, limit: 8)
    }

    @Test func anEventGoesToThoseWhoSubscribedToIt() async throws {
        let all = try await webhook()
        let one = try await webhook([.refreshFailing])
        let none = try await webhook([.sessionCreated])
        let off = try await webhook(isEnabled: false)
        try await account.store.note([
            event(.refreshFailing, integration: account.makeGUID()),
            event(.sessionRefreshed, integration: account.makeGUID()),
        ])
        let plan = try await plan()
        #expect(Set(plan.deliveries.map(\.webhook.guid)) == [all.guid, one.guid])
        #expect(plan.deliveryCount == 2)
        for webhook in [none, off] { #expect(try await account.store.deliveries(of: webhook.guid, limit: 9).isEmpty) }
        let payload = try JSON.parse(try #require(plan.deliveries.first).delivery.payload)
        #expect(payload.objectValue?.keys == ["type", "timestamp", "data"])
        #expect(payload["data"]?["user_guid"] == "u")
        #expect(payload["data"]?["details"]?["reason"] == "x")
    }

    @Test func onlyTheOldestOfASessionHasItsTurn() async throws {
        _ = try await webhook()
        let (first, second) = (account.makeGUID(), account.makeGUID())
        try await account.store.note([
            event(.sessionCreated, integration: first), event(.refreshFailing, integration: first),
            event(.sessionCreated, integration: first, user: "v"), event(.sessionCreated, integration: second),
        ])
        var due = try await plan().deliveries.map(\.delivery)
        #expect(due.map(\.id) == [1, 3, 4])
        let later = now + .seconds(60)
        try await account.store.finishAttempt(
            DeliveryAttempt(.again(at: later), at: now, status: 500, error: "x"), of: due[0], noting: [])
        due = try await plan().deliveries.map(\.delivery)
        #expect(due.map(\.id) == [3, 4])
        #expect(try await plan().nextDue == later)
        let again = try #require(try await plan(later).deliveries.map(\.delivery).first { $0.id == 1 })
        #expect(again.attempts == 1 && again.lastError == "x" && again.lastStatus == 500)
        try await account.store.finishAttempt(
            DeliveryAttempt(.delivered, at: later, status: 200, error: nil), of: again, noting: [])
        #expect(try await plan(later).deliveries.map(\.delivery.id) == [3, 4, 2])
    }

    @Test func whatWasGivenUpLetsTheNextHaveItsTurnAndIsNoted() async throws {
        let webhook = try await webhook()
        let integration = account.makeGUID()
        try await account.store.note([
            event(.sessionCreated, integration: integration), event(.refreshFailing, integration: integration),
        ])
        let head = try #require(try await plan().deliveries.first).delivery
        let told = EventRecord(.webhookGivenUp, at: now, actor: .system, origin: .system)
        try await account.store.finishAttempt(
            DeliveryAttempt(.dead, at: now, status: 410, error: "gone", disabling: "gone"), of: head, noting: [told])
        let shown = try await account.store.deliveries(of: webhook.guid, limit: 9)
        #expect(shown.map(\.state) == [.pending, .dead])
        #expect(try await account.store.webhook(webhook.guid)?.isEnabled == false)
        #expect(try await plan().deliveries.isEmpty)
        #expect(try await account.store.auditHead().id == 3)
    }

    @Test func theBellRingsForWhatWasCommittedAndForNothingElse() async throws {
        let counter = RingCounter()
        account.onQueued { counter.count.wrappingAdd(1, ordering: .relaxed) }
        let hook = try await webhook()
        #expect(counter.value == 0)
        try await account.store.note([event(.sessionRefreshed, integration: account.makeGUID())])
        #expect(counter.value == 0)
        try await account.store.note([
            event(.refreshFailing, integration: account.makeGUID()),
            event(.sessionCreated, integration: account.makeGUID()),
        ])
        #expect(counter.value == 1)
        var changed = hook
        changed.isEnabled = false
        try await account.store.updateWebhook(changed, from: hook, noting: nil)
        #expect(counter.value == 2)
    }

    @Test func aChangeLeavesTheSecretThatWasRotatedMeanwhile() async throws {
        let hook = try await webhook()
        var (renamed, rotated, disabled) = (hook, hook, hook)
        renamed.description = "the other one"
        rotated.sealedSecret = [9]
        disabled.isEnabled = false
        disabled.disabledReason = "gone"
        for changed in [rotated, disabled, renamed] {
            try await account.store.updateWebhook(changed, from: hook, noting: nil)
        }
        let stored = try #require(try await account.store.webhook(hook.guid))
        #expect(stored.description == "the other one" && stored.sealedSecret == [9])
        #expect(!stored.isEnabled && stored.disabledReason == "gone")
    }

    @Test func endedDeliveriesAreDroppedInTheirTime() async throws {
        let hook = try await webhook()
        try await account.store.note([
            event(.sessionCreated, integration: account.makeGUID()),
            event(.sessionCreated, integration: account.makeGUID()),
            event(.sessionCreated, integration: account.makeGUID()),
        ])
        let due = try await plan().deliveries.map(\.delivery)
        for (delivery, verdict) in zip(due, [DeliveryAttempt.Verdict.delivered, .dead]) {
            try await account.store.finishAttempt(
                DeliveryAttempt(verdict, at: now, status: nil, error: nil), of: delivery, noting: [])
        }
        func states() async throws -> [DeliveryRecord.State] {
            try await account.store.deliveries(of: hook.guid, limit: 9).map(\.state)
        }
        try await account.store.pruneDeliveries(deliveredBefore: now, deadBefore: now)
        #expect(try await states() == [.pending, .dead, .delivered])
        try await account.store.pruneDeliveries(deliveredBefore: now + .seconds(1), deadBefore: now)
        #expect(try await states() == [.pending, .dead])
        try await account.store.pruneDeliveries(deliveredBefore: now + .seconds(1), deadBefore: now + .seconds(1))
        #expect(try await states() == [.pending])
    }

    @Test func endedSessionsLeaveTheirTokensForTheProviderTheyCameFrom() async throws {
        let user = try await temporary.user(of: account)
        let integration = try await temporary.integration(of: account)
        let session = try await account.store.commitLogin(
            account.makeGUID(), user: user.guid, integration: integration.guid, integrationVersion: 1,
            tokens: temporary.tokens(), at: now, noting: nil)
        var moved = integration
        moved.config = ["client_id": "moved"]
        moved.version += 1
        try await account.store.updateIntegration(
            moved, permissions: nil, endingSessions: true, revoking: true, noting: [])
        let queued = try #require(try await plan().revocations.first)
        #expect(queued.sessionGUID == session.guid && queued.userGUID == user.guid)
        #expect(queued.integration.config == ["client_id": "x"])
        #expect(queued.accessToken == [1] && queued.refreshToken == [1, 1])
        #expect(queued.accessExpiresAt == session.tokens.expiresAt)
        try await account.store.dropRefreshToken(of: queued.id)
        try await account.store.postponeRevocation(queued.id, until: now + .seconds(9))
        #expect(try await plan().revocations.isEmpty)
        #expect(try await plan().nextDue == now + .seconds(9))
        let later = try #require(try await plan(now + .seconds(9)).revocations.first)
        #expect(later.refreshToken == nil && later.attempts == 1)
        try await account.store.endRevocation(later.id, noting: nil)
        #expect(try await plan().revocationCount == 0)
    }

    @Test func aVisitThrowsNobodyOut() async throws {
        for name in ["acme", "globex", "initech"] { _ = try temporary.open(name) }
        let directory = try AccountDirectory<OpenAccount>(folder: temporary.folder, ring: temporary.ring, limit: 1) {
            $0
        }
        let held = try #require(try await directory.tenant(try temporary.slug("globex")))
        weak var visited: OpenAccount?
        do {
            let visitor = try await directory.visit(try temporary.slug("initech"))
            visited = visitor
            #expect(try await directory.tenant(try temporary.slug("initech")) === visitor)
            _ = try await directory.tenant(try temporary.slug("globex"))
        }
        #expect(visited == nil)
        #expect(try await directory.visit(try temporary.slug("globex")) === held)
        #expect(directory.openCount == 1)
    }
}

/// Counts, from any thread.
private final class RingCounter: Sendable {
    let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .relaxed) }
}
