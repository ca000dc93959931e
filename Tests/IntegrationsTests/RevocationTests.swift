import Accounts
import HTTPClient
import JSON
import Storage
import Testing

@testable import Integrations

@Suite struct RevocationTests {
    let house: HouseFixture
    let revocations: Revocations

    init() async throws {
        house = try await HouseFixture(
            template: "custom",
            config: [
                "authorization_uri": "https://idp.example.com/a", "token_uri": "https://idp.example.com/t",
                "revocation_uri": "https://idp.example.com/r", "client_id": "client", "client_secret": "the secret",
            ])
        revocations = Revocations(
            account: house.tenant.account, clock: house.time.clock, outbound: HouseFixture.policy,
            transport: house.provider,
            backoff: Backoff(shortest: 1, longest: 3600, patience: Revocations.backoff.patience) { $0.upperBound })
        try await house.logIn()
    }

    private var admin: Administrator { .operator(house.tenant.account, at: house.time.now) }

    private func end() async throws {
        let session = try #require(try await house.session())
        try await house.tenant.sessions.end(session.guid, by: Caller(user: house.viewer, origin: .system))
    }

    private func queued() async throws -> RevocationRecord? {
        try await house.tenant.account.store.errands(at: house.time.now, limit: 8).revocations.first
    }

    private func answers(_ status: Int) {
        house.provider.next { _ throws(OutboundError) in OutboundResponse(status: status) }
    }

    @Test func theRefreshTokenGoesFirstThenTheAccessToken() async throws {
        try await end()
        let first = try #require(try await queued())
        answers(200)
        guard case .refreshTokenDone = await revocations.attempt(first) else { return #expect(Bool(false)) }
        try await house.tenant.account.store.dropRefreshToken(of: first.id)
        answers(200)
        guard case .done = await revocations.attempt(try #require(try await queued())) else {
            return #expect(Bool(false))
        }
        #expect(house.provider.requests.map { $0["token"] } == ["refresh-1", "access-1"])
        #expect(house.provider.requests.map { $0["token_type_hint"] } == ["refresh_token", "access_token"])
        #expect(house.provider.sent.allSatisfy { $0.url.text == "https://idp.example.com/r" })
        #expect(house.provider.sent.allSatisfy { $0.header("authorization")?.hasPrefix("Basic ") == true })
    }

    @Test func anAccessTokenThatEndedByItselfIsLeftAlone() async throws {
        try await end()
        let revocation = try #require(try await queued())
        try await house.tenant.account.store.dropRefreshToken(of: revocation.id)
        house.time.advance(3600)
        guard case .done = await revocations.attempt(try #require(try await queued())) else {
            return #expect(Bool(false))
        }
        #expect(house.provider.requests.isEmpty)
    }

    @Test func aProviderThatIsAwayIsAskedAgainForADay() async throws {
        try await end()
        let start = house.time.now
        let store = house.tenant.account.store
        var pauses: [Int64] = []
        attempts: while true {
            let revocation = try #require(try await queued())
            answers(503)
            switch await revocations.attempt(revocation) {
            case .again(let time):
                pauses.append(time.seconds - house.time.now.seconds)
                try await store.postponeRevocation(revocation.id, until: time)
                house.time.advance(time.seconds - house.time.now.seconds)
            case .over(let outcome, _):
                #expect(outcome == .failure)
                break attempts
            default: #expect(Bool(false))
            }
        }
        #expect(Array(pauses.prefix(5)) == [1, 2, 4, 8, 16])
        #expect(pauses.max() == 3600)
        #expect(house.time.now == start + .seconds(24 * 3600))
    }

    @Test func theTokensGoToTheProviderTheyCameFromWhateverTheIntegrationSaysNow() async throws {
        var fields = IntegrationCatalog.Fields()
        fields.config = [
            "revocation_uri": "https://evil.example.com/r", "token_uri": "https://evil.example.com/t",
            "client_secret": "the secret",
        ]
        _ = try await house.tenant.integrations.update(house.integration.guid, fields, by: admin)
        #expect(try await house.session() == nil)
        answers(200)
        _ = await revocations.attempt(try #require(try await queued()))
        #expect(house.provider.sent.map(\.url.text) == ["https://idp.example.com/r"])
    }

    @Test func aDeletedIntegrationsTokensStillOpen() async throws {
        try await house.tenant.integrations.delete(house.integration.guid, by: admin)
        answers(200)
        guard case .refreshTokenDone = await revocations.attempt(try #require(try await queued())) else {
            return #expect(Bool(false))
        }
        #expect(house.provider.requests.first?["token"] == "refresh-1")
    }

    @Test func whereTheProviderCannotNothingIsQueued() async throws {
        let house = try await HouseFixture()
        try await house.logIn()
        let session = try #require(try await house.session())
        try await house.tenant.sessions.end(session.guid, by: Caller(user: house.viewer, origin: .system))
        #expect(try await house.tenant.account.store.errands(at: house.time.now, limit: 8).revocationCount == 0)
    }
}
