import Accounts
import Cryptography
import HTTPClient
import JSON
import Storage
import Testing

@testable import Integrations

@Suite struct WebhookTests {
    let house: HouseFixture
    let deliveries: Deliveries

    init() async throws {
        house = try await HouseFixture()
        deliveries = Deliveries(
            account: house.tenant.account, clock: house.time.clock, outbound: HouseFixture.policy,
            transport: house.provider, backoff: Self.backoff)
    }

    /// Without chance.
    private static let backoff = Backoff(
        shortest: Deliveries.backoff.shortest, longest: Deliveries.backoff.longest,
        patience: Deliveries.backoff.patience
    ) { $0.upperBound }

    private var admin: Administrator { .operator(house.tenant.account, at: house.time.now) }

    private func fields(_ url: String = "https://hooks.example.com/in?key=1", _ events: [String]? = nil)
        -> Webhooks.Fields
    {
        var fields = Webhooks.Fields()
        fields.url = url
        fields.events = events ?? WebhookEvent.subscribable.map(\.rawValue)
        return fields
    }

    private func subscribe() async throws -> (webhook: WebhookRecord, secret: SecretString) {
        try await house.tenant.webhooks.create(fields(), by: admin)
    }

    private func receiver(answers status: Int, _ headers: [(name: String, value: String)] = []) {
        house.provider.next { _ throws(OutboundError) in OutboundResponse(status: status, headers: headers) }
    }

    /// Makes every attempt that is due, as the background would.
    private func deliver() async throws {
        let store = house.tenant.account.store
        for (delivery, webhook) in try await store.errands(at: house.time.now, limit: 8).deliveries {
            let attempt = try #require(await deliveries.attempt(delivery, webhook))
            try await store.finishAttempt(attempt, of: delivery, noting: deliveries.events(attempt, delivery))
        }
    }

    private func shown(_ webhook: WebhookRecord) async throws -> [DeliveryRecord] {
        try await house.tenant.webhooks.deliveries(of: webhook.guid, for: admin)
    }

    /// The example of the Standard Webhooks reference libraries.
    @Test func theSignatureIsThatOfTheSpecification() throws {
        let header = try WebhookSignature.header(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
            secrets: [SecretString("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        #expect(header == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func aDeliveryIsSignedAnewAtEachAttemptUnderTheSameId() async throws {
        let (webhook, secret) = try await subscribe()
        try await house.logIn()
        receiver(answers: 500)
        receiver(answers: 204)
        try await deliver()
        house.time.advance(5)
        try await deliver()
        let sent = house.provider.sent
        #expect(sent.count == 2)
        #expect(sent[0].url.text == "https://hooks.example.com/in?key=1")
        #expect(sent[0].header("webhook-id") == sent[1].header("webhook-id"))
        #expect(sent[0].body == sent[1].body)
        for (request, time) in zip(sent, [house.time.now - .seconds(5), house.time.now]) {
            #expect(request.header("webhook-timestamp") == String(time.seconds))
            #expect(
                request.header("webhook-signature")
                    == (try WebhookSignature.header(
                        id: try #require(request.header("webhook-id")), timestamp: time.seconds, body: request.body,
                        secrets: [secret])))
        }
        let body = try JSON.parse(sent[0].body)
        #expect(body["type"] == "session.created")
        #expect(body["data"]?["user_guid"]?.stringValue == house.viewer.guid.description)
        #expect(body["data"]?["session_guid"]?.stringValue == (try await house.session()?.guid.description))
        #expect(try await shown(webhook).map(\.state) == [.delivered])
    }

    @Test func theOldSecretSignsBesideTheNewOneForADay() async throws {
        let (webhook, old) = try await subscribe()
        let (rotated, new) = try await house.tenant.webhooks.rotateSecret(of: webhook.guid, by: admin)
        #expect(old != new)
        func secrets() async throws -> Int {
            _ = try await house.tenant.webhooks.test(rotated.guid, by: admin)
            receiver(answers: 200)
            try await deliver()
            let request = try #require(house.provider.sent.last)
            let signatures = try #require(request.header("webhook-signature")).split(separator: " ").map(String.init)
            for (signature, secret) in zip(signatures, [new, old]) {
                #expect(
                    signature
                        == (try WebhookSignature.header(
                            id: try #require(request.header("webhook-id")), timestamp: house.time.now.seconds,
                            body: request.body, secrets: [secret])))
            }
            return signatures.count
        }
        #expect(try await secrets() == 2)
        house.time.advance(24 * 3600)
        #expect(try await secrets() == 1)
    }

    @Test func whatFailsIsTriedLaterAndLaterAndGivenUpAfterThreeDays() async throws {
        let (webhook, _) = try await subscribe()
        try await house.logIn()
        let start = house.time.now
        var pauses: [Int64] = []
        while let delivery = try await shown(webhook).first, delivery.state == .pending {
            receiver(answers: 503)
            try await deliver()
            guard let next = try await shown(webhook).first?.nextAttemptAt else { break }
            pauses.append(next.seconds - house.time.now.seconds)
            house.time.advance(next.seconds - house.time.now.seconds)
        }
        #expect(Array(pauses.prefix(11)) == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600])
        #expect(house.time.now == start + .seconds(3 * 24 * 3600))
        let dead = try #require(try await shown(webhook).first)
        #expect(dead.state == .dead && dead.lastStatus == 503)
        #expect(try #require(dead.lastError).contains("503"))
        var filter = AuditFilter()
        filter.actions = [.webhookGivenUp]
        let lines = try await house.tenant.audit.page(filter, at: nil, ascending: true, limit: 9, for: admin).lines
        #expect(lines.map(\.event.subject) == [webhook.guid])
    }

    @Test func aReceiverThatAsksForPatienceGetsIt() async throws {
        let (webhook, _) = try await subscribe()
        try await house.logIn()
        receiver(answers: 429, [(name: "Retry-After", value: "600")])
        try await deliver()
        #expect(try await shown(webhook).first?.nextAttemptAt == house.time.now + .seconds(600))
    }

    @Test func aReceiverThatIsGoneIsToldNothingMore() async throws {
        let (webhook, _) = try await subscribe()
        try await house.logIn()
        receiver(answers: 410)
        try await deliver()
        let found = try await house.tenant.webhooks.webhook(webhook.guid, for: admin)
        #expect(!found.isEnabled && found.disabledReason?.contains("410") == true)
        try await house.logIn("access-2")
        #expect(try await shown(webhook).count == 1)
        await #expect(
            performing: { try await house.tenant.webhooks.test(webhook.guid, by: admin) },
            throws: isRefusal(.prohibitedChange))
        var enabling = Webhooks.Fields()
        enabling.isEnabled = true
        let enabled = try await house.tenant.webhooks.update(webhook.guid, enabling, by: admin)
        #expect(enabled.isEnabled && enabled.disabledReason == nil)
    }

    @Test func aDeliveryThatWasBrokenOffDoesNotCount() async throws {
        let (webhook, _) = try await subscribe()
        try await house.logIn()
        house.provider.fails(.cancelled)
        let due = try #require(
            try await house.tenant.account.store.errands(at: house.time.now, limit: 8).deliveries.first)
        #expect(await deliveries.attempt(due.delivery, due.webhook) == nil)
        #expect(try await shown(webhook).map(\.attempts) == [0])
    }

    @Test(arguments: [
        "", "nonsense", "http://hooks.example.com/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
        "https://hooks.example.com:8443/", "https://user:secret@hooks.example.com/", "https://hooks.example.com/#x",
    ])
    func anAddressThatMayNotBeCalledIsRefused(_ url: String) async {
        await #expect(
            performing: { try await house.tenant.webhooks.create(fields(url), by: admin) },
            throws: { ($0 as? Refusal)?.field == "url" })
    }

    @Test(arguments: [[], ["session.exploded"], ["webhook.test"], ["refresh.failing", "refresh.failing"]])
    func eventsThatAreNoneAreRefused(_ events: [String]) async {
        await #expect(
            performing: {
                try await house.tenant.webhooks.create(fields("https://hooks.example.com/", events), by: admin)
            }, throws: { ($0 as? Refusal)?.field == "events" })
    }

    @Test func anAccountHasTwentyAtMost() async throws {
        for _ in 0..<Quota.webhooks.usual { _ = try await subscribe() }
        await #expect(performing: { try await subscribe() }, throws: isRefusal(.quotaReached))
        #expect(try await house.tenant.webhooks.all(for: admin).count == Quota.webhooks.usual)
    }

    @Test func aRefreshThatFailsIsToldOnceUntilItWorksAgain() async throws {
        let (webhook, _) = try await subscribe()
        try await house.logIn()
        func told() async throws -> Int { try await shown(webhook).count { $0.event == .refreshFailing } }
        func fail(_ error: String? = nil) async throws -> Int {
            // Without a word for it the provider is not to be reached.
            if let error { house.provider.refuses(error, status: 401) }
            // The old token is served meanwhile.
            #expect(try await house.exchange() == "access-1")
            house.time.advance(61)
            return try await told()
        }
        house.time.advance(Self.due)
        #expect(try await fail() == 0)
        #expect(try await fail() == 0)
        #expect(try await fail() == 1)
        #expect(try await fail() == 1)
        house.provider.grants("access-1")
        #expect(try await house.exchange() == "access-1")
        house.time.advance(Self.due)
        // A provider that refuses the client will not think otherwise by itself.
        #expect(try await fail("invalid_client") == 2)
        #expect(try await fail("invalid_client") == 2)
    }

    /// So much later a token of an hour is due, yet valid for some minutes more.
    private static let due: Int64 = 3600 - 300
}
