import Accounts
import HTTPClient
import JSON
import Storage
import Testing

@testable import Integrations

@Suite struct IntegrationCatalogTests {
    let house: HouseFixture

    init() async throws { house = try await HouseFixture() }

    private var admin: Administrator { .operator(house.tenant.account, at: house.time.now) }

    private func create(_ template: String, _ config: JSONObject) async throws -> IntegrationRecord {
        var fields = IntegrationCatalog.Fields()
        fields.name = "data"
        fields.config = config
        return try await house.tenant.integrations.create(template: template, fields, by: admin).integration
    }

    private func update(_ config: JSONObject) async throws -> IntegrationRecord {
        var fields = IntegrationCatalog.Fields()
        fields.config = config
        return try await house.tenant.integrations.update(house.integration.guid, fields, by: admin).integration
    }

    @Test(arguments: [
        "dbc-1.cloud.databricks.com", "https://dbc-1.cloud.databricks.com/", "DBC-1.cloud.databricks.com:443",
        "https://dbc-1.cloud.databricks.com/?o=123", " dbc-1.cloud.databricks.com ",
    ])
    func aHostIsKeptInOneForm(_ typed: String) async throws {
        let integration = try await create(
            "databricks", HouseFixture.databricks.merging(["workspace_host": .string(typed)]))
        #expect(integration.config["workspace_host"] == "dbc-1.cloud.databricks.com")
        #expect(
            house.tenant.integrations.guidance(integration).environment.first?.value
                == "https://dbc-1.cloud.databricks.com")
    }

    @Test func underscoresAreKeptForPeopleAndReplacedForTLS() async throws {
        let integration = try await create(
            "snowflake", ["account_url": "my_org-acct.snowflakecomputing.com", "client_id": "x", "client_secret": "y"]
        )
        #expect(integration.config["account_url"] == "my_org-acct.snowflakecomputing.com")
        #expect(house.tenant.integrations.guidance(integration).environment.first?.value == "my-org-acct")
    }

    @Test func movingAnIntegrationNeedsTheSecretAndEndsItsSessions() async throws {
        try await house.logIn()
        await #expect(
            performing: { try await update(["workspace_host": "evil.cloud.databricks.com"]) },
            throws: isRefusal(.prohibitedChange)
        )
        #expect(try await house.session() != nil)
        let moved = try await update(["workspace_host": "dbc-2.cloud.databricks.com", "client_secret": "the secret"])
        #expect(moved.version == house.integration.version + 1)
        #expect(try await house.session() == nil)
    }

    @Test func whatDoesNotMoveItKeepsSecretAndSessions() async throws {
        try await house.logIn()
        let changed = try await update([
            "scopes": "all-apis offline_access", "workspace_host": "dbc-1.cloud.databricks.com",
        ])
        #expect(changed.sealedSecret == house.integration.sealedSecret)
        #expect(try await house.session() != nil)
    }

    @Test func aConfigNeverHoldsTheSecret() {
        #expect(house.integration.config["client_secret"] == nil)
        #expect(house.integration.sealedSecret != nil)
    }

    @Test(arguments: misfits)
    func aConfigThatDoesNotFitNamesTheField(_ template: String, _ config: JSONObject, _ field: String) async throws {
        await #expect { try await create(template, config) } throws: { ($0 as? Refusal)?.field == field }
    }

    @Test func aSharedCallbackNeedsAServerThatNamesItself() async throws {
        let typed: JSONObject = [
            "client_id": "x", "client_secret": "y", "authorization_uri": "https://idp.example.com/a",
            "token_uri": "https://idp.example.com/t",
        ]
        await #expect { try await create("custom", typed.merging(["callback": "shared"])) } throws: {
            ($0 as? Refusal)?.field == "callback"
        }
        let own = try await create("custom", typed)
        #expect(
            house.tenant.integrations.guidance(own).redirectURI
                == "https://g.example/__oauth__/integrations/\(own.guid)/callback"
        )
    }

    private static let misfits: [(String, JSONObject, String)] = [
        ("databricks", ["workspace_host": "dbc-1.cloud.databricks.com", "client_id": "x"], "client_secret"),
        ("databricks", ["client_id": "x", "client_secret": "y"], "workspace_host"),
        ("databricks", ["workspace_host": "dbc-1.cloud.databricks.com", "client_secret": "y"], "client_id"),
        (
            "snowflake",
            [
                "account_url": "a.snowflakecomputing.com", "client_id": "x", "client_secret": "y",
                "scopes": "offline_access",
            ], "scopes"
        ),
        (
            "snowflake",
            ["account_url": "a.snowflakecomputing.com", "client_id": "x", "client_secret": "y", "auth_mode": "Public"],
            "auth_mode"
        ),
        ("custom", ["client_id": "x", "client_secret": "y"], "authorization_uri"),
        (
            "custom", ["client_id": "x", "client_secret": "y", "authorization_uri": "https://idp.example.com/a"],
            "token_uri"
        ),
        (
            "custom",
            [
                "client_id": "x", "auth_mode": "Public", "client_secret": "y",
                "authorization_uri": "https://idp.example.com/a", "token_uri": "https://idp.example.com/t",
            ], "client_secret"
        ),
        ("custom", ["client_id": "x y", "client_secret": "y"], "client_id"),
    ]

    @Test func anIntegrationThatRestrictsIsNotForEveryPublisher() async throws {
        var fields = IntegrationCatalog.Fields()
        fields.permissions = [.user(house.viewer.guid)]
        _ = try await house.tenant.integrations.update(house.integration.guid, fields, by: admin)
        let owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
        // What runs keeps what it has; once taken off it cannot be attached again.
        try await house.tenant.associations.replace(of: house.content.guid, with: [house.integration.guid], by: owner)
        try await house.tenant.associations.replace(of: house.content.guid, with: [], by: owner)
        await #expect(
            performing: {
                try await house.tenant.associations.replace(
                    of: house.content.guid, with: [house.integration.guid], by: owner)
            },
            throws: isRefusal(.permissionDenied)
        )
    }
}
