import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
import Storage
import Testing

@testable import Integrations

@Suite struct ExchangeTests {
    let house: HouseFixture

    init() async throws { house = try await HouseFixture() }

    @Test func aFreshTokenIsAnsweredWithoutAskingTheProvider() async throws {
        try await house.logIn()
        #expect(try await house.exchange() == "access-1")
        #expect(house.provider.requests.isEmpty)
    }

    @Test func memoryAnswersOnlyWhatWasJudged() async throws {
        try await house.logIn()
        #expect(house.recall() == nil)
        _ = try await house.exchange()
        #expect(house.recall() == "access-1")
    }

    @Test func anyChangeOfRightsMakesMemoryForget() async throws {
        try await house.logIn()
        _ = try await house.exchange()
        var locked = UserChanges()
        locked.isLocked = true
        _ = try await house.tenant.account.store.changeUser(
            house.viewer.guid, locked, at: house.time.now, noting: nil)
        #expect(house.recall() == nil)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.viewerUnknown))
    }

    @Test func whatOneKeyLostAnotherKeyDoesNotBringBack() async throws {
        try await house.logIn()
        _ = try await house.exchange()
        let owner = try await house.tenant.people.caller(key: house.key, from: .system)
        let (_, second) = try await house.tenant.people.createKey(name: "second", role: nil, expiresAt: nil, for: owner)
        let first = try #require(try await house.tenant.people.keys(of: owner).first)
        try await house.tenant.people.deleteKey(first.id, of: owner)
        // The second key's exchange brings the session's token back to memory; the first key's grant must stay lost.
        _ = try await house.tenant.exchange.perform(key: second, form: house.form, onDemand: false, from: .system)
        #expect(house.recall() == nil)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.authenticationRequired))
    }

    @Test func memoryForgetsWhenTheTokenIsDueAndWhenTheAccountIsErased() async throws {
        try await house.logIn()
        _ = try await house.exchange()
        house.time.advance(3600 - 300)
        #expect(house.recall() == nil)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
        #expect(house.recall() == "access-2")
        house.tenant.account.markErased()
        #expect(house.recall() == nil)
    }

    @Test func anExpiredSessionTokenIsNotRemembered() async throws {
        try await house.logIn(expiresIn: 100_000)
        _ = try await house.exchange()
        house.time.advance(24 * 3600)
        #expect(house.recall() == nil)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.subjectToken))
    }

    @Test func twoHundredWhoWaitCostOneRefresh() async throws {
        try await house.logIn()
        house.time.advance(4000)
        let gate = Gate()
        house.provider.next { request throws(OutboundError) in
            await gate.wait()
            return ScriptedProvider.json(
                200, Array(#"{"access_token":"access-2","token_type":"bearer","expires_in":3600}"#.utf8))
        }
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<200 { group.addTask { try await house.exchange() } }
            gate.open()
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(tokens == ["access-2"])
        #expect(house.provider.requests.count == 1)
        #expect(house.provider.requests.first?["refresh_token"] == "refresh-1")
    }

    @Test func anAnswerWithoutARefreshTokenKeepsTheOldOne() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.grants("access-2", refresh: nil)
        _ = try await house.exchange()
        house.time.advance(4000)
        house.provider.grants("access-3", refresh: nil)
        #expect(try await house.exchange() == "access-3")
        #expect(house.provider.requests.map { $0["refresh_token"] } == ["refresh-1", "refresh-1"])
    }

    @Test func aRejectedRefreshTokenNeedsANewLoginAndSaysWhy() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.refuses("invalid_grant")
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.loginRequired, reason: "refresh_token_rejected"))
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.loginRequired, reason: "refresh_token_rejected"))
        #expect(house.provider.requests.count == 1)
    }

    @Test func aClientThatIsRefusedKeepsTheTokens() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.refuses("invalid_client", status: 401)
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.refreshFailed, reason: "integration_misconfigured"))
        let session = try #require(try await house.session())
        #expect(session.needsLogin == nil && session.refreshStartedAt == nil)
        house.time.advance(120)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
    }

    @Test func whileTheOldTokenIsValidTroubleIsNoticedByNobody() async throws {
        try await house.logIn()
        house.time.advance(3600 - 200)
        house.provider.next { _ throws(OutboundError) in ScriptedProvider.json(503, []) }
        #expect(try await house.exchange() == "access-1")
        #expect(house.provider.requests.count == 1)
    }

    @Test func aLostAnswerIsNotPresentedAgainWhileTheOldTokenIsValid() async throws {
        try await house.logIn()
        house.time.advance(3600 - 200)
        house.provider.fails(.noAnswer)
        #expect(try await house.exchange() == "access-1")
        #expect(try await house.session()?.refreshStartedAt != nil)
        house.time.advance(100)
        #expect(try await house.exchange() == "access-1")
        #expect(house.provider.requests.count == 1)
        house.time.advance(200)
        house.provider.refuses("invalid_grant")
        await #expect(
            performing: { try await house.exchange() }, throws: isRefusal(.loginRequired, reason: "refresh_answer_lost")
        )
    }

    @Test func aRetryAfterIsRespected() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.next { _ throws(OutboundError) in
            OutboundResponse(status: 429, headers: [(name: "Retry-After", value: "30")], body: [])
        }
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        house.time.advance(20)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        #expect(house.provider.requests.count == 1)
        house.time.advance(11)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
    }

    @Test func whoWaitedForAnOpenHostIsNotForgotten() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.next { _ throws(OutboundError) in ScriptedProvider.json(503, []) }
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        // Others open the host's circuit; this session's own pause ends while the host is still closed.
        let hosts = house.tenant.exchange.sources.keeper.hosts
        for _ in 0..<6 { hosts.fail("acme dbc-1.cloud.databricks.com", retryAfter: .seconds(30)) }
        house.time.advance(5)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        house.time.advance(60)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
    }

    @Test func aLimitOfOneClientIsNotTheHostsTrouble() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.next { _ throws(OutboundError) in
            OutboundResponse(status: 429, headers: [(name: "Retry-After", value: "60")], body: [])
        }
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        #expect(house.tenant.exchange.sources.keeper.hosts.wait("acme dbc-1.cloud.databricks.com") == nil)
    }

    @Test func whatWasReadBeforeARefreshDoesNotReplaceWhatCameAfter() async throws {
        try await house.logIn()
        let old = try #require(try await house.session())
        house.time.advance(4000)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
        house.tenant.exchange.memory.remember(old, generation: house.tenant.account.changes.current)
        #expect(house.recall() == "access-2")
    }

    @Test func aRefreshOnDemandHappensOnceInHalfAMinute() async throws {
        try await house.logIn()
        house.provider.grants("access-2")
        #expect(try await house.exchange(onDemand: true) == "access-2")
        #expect(try await house.exchange(onDemand: true) == "access-2")
        house.time.advance(30)
        house.provider.grants("access-3")
        #expect(try await house.exchange(onDemand: true) == "access-3")
        #expect(house.provider.requests.count == 2)
    }

    @Test func whoFindsTheTokenDeadWaitsForTheRefreshThatIsUnderWay() async throws {
        try await house.logIn()
        let (asked, gate) = (Gate(), Gate())
        house.provider.next { _ throws(OutboundError) in
            asked.open()
            await gate.wait()
            return ScriptedProvider.json(200, Array(#"{"access_token":"access-2","token_type":"bearer"}"#.utf8))
        }
        let first = Task { try await house.exchange(onDemand: true) }
        await asked.wait()
        let second = Task { try await house.exchange(onDemand: true) }
        gate.open()
        #expect(try await first.value == "access-2")
        #expect(try await second.value == "access-2")
        #expect(house.provider.requests.count == 1)
    }

    @Test func aGrantThatTurnsOutToBeRevokedIsForgotten() async throws {
        try await house.logIn()
        _ = try await house.exchange()
        house.provider.refuses("invalid_grant")
        await #expect(performing: { try await house.exchange(onDemand: true) }, throws: isRefusal(.loginRequired))
        #expect(house.recall() == nil)
    }

    @Test func anUnknownLifetimeIsAnHour() async throws {
        try await house.logIn(expiresIn: nil)
        let granted = try await house.tenant.exchange.perform(
            key: house.key, form: house.form, onDemand: false, from: .system)
        #expect(granted.expiresIn == 3600)
        house.provider.grants("access-2", expiresIn: nil)
        #expect(try await house.exchange(onDemand: true) == "access-2")
        house.time.advance(3600)
        house.provider.grants("access-3", expiresIn: nil)
        #expect(try await house.exchange() == "access-3")
        #expect(house.provider.requests.count == 2)
    }

    @Test func salesforceTellsNoLifetimeAndIsRefreshedAfterAQuarterOfAnHour() async throws {
        let config: JSONObject = [
            "sf_host_domain": "acme.my.salesforce.com", "client_id": "client", "client_secret": "the secret",
        ]
        let house = try await HouseFixture(template: "salesforce", config: config)
        try await house.logIn(expiresIn: nil)
        #expect(try await house.exchange() == "access-1")
        house.time.advance(900)
        house.provider.grants("access-2", expiresIn: nil)
        #expect(try await house.exchange() == "access-2")
    }

    @Test func oneViewersRefusalEndsThatSessionAndNobodyElses() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.refuses("interaction_required")
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.loginRequired, reason: "interaction_required"))
        #expect(try await house.session()?.needsLogin == "interaction_required")
        let circuits = house.tenant.exchange.sources.keeper.circuits
        #expect(circuits.wait("integration \(house.integration.guid)") == nil)
        let line = try #require(try await house.audit().last { $0.action == .reauthorizationRequired })
        #expect(line.details["reason"] == "interaction_required" && line.details["cause"] == "interaction_required")
    }

    @Test func anErrorThatIsNotKnownEndsNothing() async throws {
        try await house.logIn()
        house.time.advance(4000)
        house.provider.refuses("something_new")
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.refreshFailed, reason: "provider_unavailable"))
        let circuits = house.tenant.exchange.sources.keeper.circuits
        #expect(circuits.wait("integration \(house.integration.guid)") == nil)
        #expect(try await house.session()?.needsLogin == nil)
        let line = try #require(try await house.audit().last { $0.action == .refreshFailing })
        #expect(line.details["cause"] == "something_new")
        house.time.advance(120)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
    }

    @Test func aBareStatus400IsAskedAgainAMinuteLaterAndThenEndsTheSession() async throws {
        try await house.logIn()
        house.time.advance(4000)
        let bare: @Sendable (OutboundRequest) async throws(OutboundError) -> OutboundResponse = { _ in
            OutboundResponse(status: 400, body: [])
        }
        house.provider.next(bare)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        house.time.advance(59)
        await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
        #expect(house.provider.requests.count == 1)
        #expect(try await house.session()?.needsLogin == nil)
        house.time.advance(1)
        house.provider.next(bare)
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.loginRequired, reason: "refresh_token_rejected"))
        #expect(house.provider.requests.count == 2)
    }

    @Test func aBareStatus400IsForgottenWithTheNextRefresh() async throws {
        try await house.logIn()
        for name in ["access-2", "access-3"] {
            house.time.advance(4000)
            house.provider.next { _ throws(OutboundError) in OutboundResponse(status: 400, body: Array("<p>".utf8)) }
            await #expect(performing: { try await house.exchange() }, throws: isRefusal(.refreshFailed))
            house.time.advance(60)
            house.provider.grants(name)
            #expect(try await house.exchange() == name)
        }
        #expect(house.provider.requests.count == 4)
    }

    @Test func aSessionWithoutARefreshTokenEndsWithItsAccessToken() async throws {
        try await house.logIn(refresh: nil)
        house.time.advance(3599)
        #expect(try await house.exchange() == "access-1")
        house.time.advance(1)
        await #expect(
            performing: { try await house.exchange() },
            throws: isRefusal(.loginRequired, reason: "access_token_expired"))
    }

    @Test func withoutALoginThePayloadSaysWhereToGo() async throws {
        await #expect { try await house.exchange() } throws: { error in
            let payload = (error as? Refusal)?.payload
            return payload?["login_url"]?.stringValue
                == "https://g.example/__oauth__/integrations/\(house.integration.guid)/login"
                && payload?["reason"]?.stringValue == "not_logged_in"
        }
    }

    @Test func whatIsStoredHoldsNoTokenInPlainForm() async throws {
        try await house.logIn("access-in-plain-form", refresh: "refresh-in-plain-form")
        let session = try #require(try await house.session())
        for sealed in [session.tokens.access, session.tokens.refresh ?? []] {
            #expect(!String(decoding: sealed, as: UTF8.self).contains("in-plain-form"))
        }
    }
}

/// Holds tasks until it is opened.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
