import Accounts
import Cryptography
import JSON
import Storage
import Testing

@testable import Integrations

/// Which token of a session, asked for as what, fits which integration.
@Suite struct EntitlementTests {
    private static let serviceAccount: JSONObject = [
        "auth_type": "Service Account", "workspace_host": "dbc-1.cloud.databricks.com", "client_id": "client",
        "client_secret": "the secret",
    ]

    private func form(
        _ house: HouseFixture, _ kind: SessionToken.Kind, as wanted: IssuedTokenType?
    ) async throws -> [UInt8] {
        let signer = try SessionToken.Signer(house.tenant.account.vault)
        let token: SecretString
        switch kind {
        case .user: token = signer.issue(user: house.viewer.guid, content: house.content.guid, at: house.time.now)
        case .content:
            let owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
            token = try await house.tenant.runtime.sheet(of: house.content.guid, for: owner).token
        }
        return house.form([
            "subject_token": token.reveal(), "requested_token_type": wanted?.rawValue,
            "subject_token_type": kind == .content ? ExchangeRequest.contentTokenType : ExchangeRequest.userTokenType,
        ])
    }

    private func perform(
        _ house: HouseFixture, _ kind: SessionToken.Kind, as wanted: IssuedTokenType?
    ) async throws -> Exchange.Granted {
        try await house.tenant.exchange.perform(
            key: house.key, form: try await form(house, kind, as: wanted), onDemand: false, from: .system)
    }

    @Test func aViewerIntegrationWantsAViewersToken() async throws {
        let house = try await HouseFixture()
        await #expect(
            performing: { try await perform(house, .content, as: nil) }, throws: isRefusal(.contentTokenNotSupported))
        await #expect(
            performing: { try await perform(house, .user, as: .apiKey) },
            throws: isRefusal(.requestedTokenTypeNotFitting))
    }

    @Test func aServiceAccountWantsTheContentsOwn() async throws {
        let house = try await HouseFixture(config: Self.serviceAccount)
        await #expect(
            performing: { try await perform(house, .user, as: nil) }, throws: isRefusal(.viewerTokenNotSupported))
        house.provider.grants("service-1", refresh: nil)
        let granted = try await perform(house, .content, as: .accessToken)
        #expect(String(decoding: granted.token, as: UTF8.self) == "service-1")
        #expect(granted.type == .accessToken && granted.expiresIn == 3600)
    }

    @Test func aVisitorsKeyWantsAViewerAndItsOwnType() async throws {
        let house = try await HouseFixture(template: "connect", config: ["max_role": "Publisher"])
        await #expect(
            performing: { try await perform(house, .content, as: .apiKey) }, throws: isRefusal(.visitorKeyNeedsViewer))
        await #expect(
            performing: { try await perform(house, .user, as: nil) }, throws: isRefusal(.requestedTokenTypeNotFitting))
        let granted = try await perform(house, .user, as: .apiKey)
        let key = SecretString(String(decoding: granted.token, as: UTF8.self))
        let caller = try await house.tenant.people.caller(key: key, from: .system)
        #expect(caller.user.guid == house.viewer.guid && caller.role == .viewer && caller.visit != nil)
        await #expect(
            performing: { try await house.tenant.people.createKey(name: "x", role: nil, expiresAt: nil, for: caller) },
            throws: isRefusal(.permissionDenied))
        await #expect(
            performing: { try await house.tenant.people.keys(of: caller) }, throws: isRefusal(.permissionDenied))
    }

    @Test func aVisitorsKeyIsTheSameUntilHalfItsLifeAndEndsWithIt() async throws {
        let house = try await HouseFixture(template: "connect", config: ["max_role": "Viewer"])
        let first = try await perform(house, .user, as: .apiKey).token
        #expect(try await perform(house, .user, as: .apiKey).token == first)
        house.time.advance(People.visitorKeyLifetime.components.seconds / 2)
        #expect(try await perform(house, .user, as: .apiKey).token != first)
        house.time.advance(People.visitorKeyLifetime.components.seconds / 2)
        let key = SecretString(String(decoding: first, as: UTF8.self))
        await #expect(
            performing: { try await house.tenant.people.caller(key: key, from: .system) },
            throws: isRefusal(.authenticationRequired))
    }

    @Test func aVisitorsKeyEndsWhenTheContentLosesTheIntegration() async throws {
        let house = try await HouseFixture(template: "connect", config: ["max_role": "Viewer"])
        let key = SecretString(String(decoding: try await perform(house, .user, as: .apiKey).token, as: UTF8.self))
        let owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
        try await house.tenant.associations.replace(of: house.content.guid, with: [], by: owner)
        await #expect(
            performing: { try await house.tenant.people.caller(key: key, from: .system) },
            throws: isRefusal(.authenticationRequired))
    }

    @Test func aDeadVisitorsKeyIsReplacedHoweverOftenItDies() async throws {
        let house = try await HouseFixture(template: "connect", config: ["max_role": "Viewer"])
        let owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
        for _ in 0..<3 {
            try await house.tenant.associations.replace(of: house.content.guid, with: [], by: owner)
            try await house.tenant.associations.replace(
                of: house.content.guid, with: [house.integration.guid], by: owner)
            let key = SecretString(String(decoding: try await perform(house, .user, as: .apiKey).token, as: UTF8.self))
            _ = try await house.tenant.people.caller(key: key, from: .system)
        }
    }

    @Test func whatWasHandedOutAndRefusedIsInTheAudit() async throws {
        let house = try await HouseFixture()
        for _ in 0..<3 {
            await #expect(performing: { try await house.exchange() }, throws: isRefusal(.loginRequired))
        }
        try await house.logIn()
        _ = try await house.exchange()
        let actions = try await house.audit().filter { $0.action.rawValue.hasPrefix("credentials.") }
        #expect(actions.map(\.action) == [.credentialsRefused, .credentialsIssued])
        #expect(actions.last?.subject == house.viewer.guid && actions.last?.content == house.content.guid)
    }
}
