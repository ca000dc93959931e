import Accounts
import Cryptography
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

    @Test(arguments: TemplateExamples.each)
    func everyTemplateMakesAnIntegration(_ template: String, _ config: JSONObject) async throws {
        let made = try await create(template, config)
        let kind = config["auth_type"]?.stringValue ?? (template == "connect" ? "Visitor API Key" : "Viewer")
        #expect(made.authType == kind)
        #expect(made.config["auth_type"] == config["auth_type"])
        for secret in ["client_secret", "private_key", "service_account_key"] { #expect(made.config[secret] == nil) }
        let guidance = house.tenant.integrations.guidance(made)
        #expect(guidance.warnings.isEmpty, "\(guidance.warnings)")
        let logsIn = kind == "Viewer" && template != "aws"
        #expect((guidance.redirectURI != nil) == logsIn && made.hasLogin == logsIn)
        #expect(made.actsForViewer == (kind != "Service Account"))
        let isPublic = config["auth_mode"] == "Public"
        #expect((made.sealedSecret == nil) == (isPublic || template == "aws" || template == "connect"))
    }

    @Test(arguments: TemplateExamples.each)
    func whatWasReadCanBeSentBack(_ template: String, _ config: JSONObject) async throws {
        let made = try await create(template, config)
        var fields = IntegrationCatalog.Fields()
        fields.config = Template.named(template)?.shown(made.config)
        let again = try await house.tenant.integrations.update(made.guid, fields, by: admin).integration
        #expect(again.config == made.config && again.sealedSecret == made.sealedSecret)
        #expect(try await !house.tenant.integrations.differs(made, from: fields))
    }

    @Test func whatIsNotThereUnderTheOptionsChosenIsRefusedAndSaysWhere() async throws {
        let service: JSONObject = [
            "auth_type": "Service Account", "client_id": "x", "client_secret": "y",
            "token_uri": "https://idp.example.com/t",
        ]
        await #expect {
            try await create("custom", service.merging(["authorization_uri": "https://idp.example.com/a"]))
        } throws: { error in
            guard let refusal = error as? Refusal else { return false }
            return refusal.code == .templateConfig && refusal.field == "authorization_uri"
                && refusal.message.contains("auth_type is Viewer")
        }
        // The default says nothing, and goes.
        let made = try await create("custom", service.merging(["auth_mode": "Confidential", "use_pkce": true]))
        #expect(made.config["auth_mode"] == nil && made.config["use_pkce"] == nil)
        await #expect { try await create("custom", service.merging(["auth_mode": "Public"])) } throws: {
            ($0 as? Refusal)?.field == "auth_mode"
        }
    }

    @Test func aRoleThatIsNoneIsToldInConnectsWords() async throws {
        for config in [["max_role": "Owner"], [:]] as [JSONObject] {
            await #expect { try await create("connect", config) } throws: { error in
                (error as? Refusal)?.message
                    == "The config key max_role must be one of (Viewer, Publisher, Admin)"
            }
        }
        let made = try await create("connect", ["max_role": "Admin"])
        #expect(Template.Connect.maxRole(of: made) == .administrator)
    }

    @Test func anotherKindOfAccessNeedsTheSecretAndEndsTheSessions() async throws {
        try await house.logIn()
        await #expect(
            performing: { try await update(["auth_type": "Service Account"]) }, throws: isRefusal(.prohibitedChange))
        #expect(try await house.session() != nil)
        let changed = try await update(["auth_type": "Service Account", "client_secret": "the secret"])
        #expect(changed.authType == "Service Account")
        #expect(try await house.session() == nil)
        #expect(house.tenant.integrations.guidance(changed).redirectURI == nil)
    }

    @Test func anotherProofOfTheClientIsAnotherSecret() async throws {
        let typed: JSONObject = [
            "client_id": "x", "client_secret": "y", "authorization_uri": "https://idp.example.com/a",
            "token_uri": "https://idp.example.com/t",
        ]
        let made = try await create("custom", typed)
        var fields = IntegrationCatalog.Fields()
        fields.config = ["token_endpoint_auth_method": "private_key_jwt"]
        await #expect { try await house.tenant.integrations.update(made.guid, fields, by: admin) } throws: {
            ($0 as? Refusal)?.field == "private_key"
        }
        fields.config?["private_key"] = .string(TemplateExamples.key.reveal())
        let changed = try await house.tenant.integrations.update(made.guid, fields, by: admin).integration
        let secret = try house.tenant.account.vault.open(
            try #require(changed.sealedSecret), at: .clientSecret(made.guid))
        #expect(secret == TemplateExamples.key)
        fields.config = ["client_secret": "another"]
        await #expect { try await house.tenant.integrations.update(made.guid, fields, by: admin) } throws: {
            ($0 as? Refusal)?.field == "client_secret"
        }
    }

    @Test func openingToEverybodyIsSaidOutrightAndNoted() async throws {
        let catalog = house.tenant.integrations
        var fields = IntegrationCatalog.Fields()
        fields.permissions = [.user(house.viewer.guid)]
        let restricted = try await catalog.update(house.integration.guid, fields, by: admin)
        fields.permissions = nil
        fields.description = "changed"
        #expect(
            try await catalog.update(house.integration.guid, fields, by: admin).permissions == restricted.permissions)
        let events = catalog.events(
            from: restricted, to: restricted.integration, permissions: [], endsSessions: false, by: admin)
        #expect(events.map(\.action) == [.integrationUnrestricted])
        #expect(
            events.first?.details["before"] == [["user_guid": .string(house.viewer.guid.description)]])
        fields.permissions = []
        #expect(try await catalog.update(house.integration.guid, fields, by: admin).permissions.isEmpty)
        fields.permissions = [.group(house.viewer.guid)]
        await #expect { try await catalog.update(house.integration.guid, fields, by: admin) } throws: {
            ($0 as? Refusal)?.field == "permissions"
        }
    }

    @Test func whoLosesTheRightKeepsWhatRunsAndIsTold() async throws {
        let owner = try Publisher(try await house.tenant.people.caller(key: house.key, from: .system))
        func told() async throws -> [Bool] {
            try await house.tenant.associations.of(content: house.content.guid, for: owner.caller).map(\.isPermitted)
        }
        #expect(try await told() == [true])
        var fields = IntegrationCatalog.Fields()
        fields.permissions = [.user(house.viewer.guid)]
        _ = try await house.tenant.integrations.update(house.integration.guid, fields, by: admin)
        #expect(try await told() == [false])
        let seen = try await house.tenant.associations.of(integration: house.integration.guid, for: admin)
        #expect(seen.map(\.isPermitted) == [false])
    }

    @Test func aListNamesWhoMayAttach() {
        let account = house.tenant.account
        let (integration, group, user, other) = (
            account.makeGUID(), account.makeGUID(), account.makeGUID(), account.makeGUID()
        )
        let list = [Principal.user(user), .group(group)].map {
            IntegrationPermissionRecord(guid: account.makeGUID(), integrationGUID: integration, principal: $0)
        }
        func permitted(_ who: GUID, _ role: Role, _ groups: Set<GUID> = []) -> Bool {
            list.permit(integration, to: who, role: role, groups: groups)
        }
        #expect(permitted(user, .publisher) && permitted(other, .publisher, [group]))
        #expect(permitted(other, .administrator))
        #expect(!permitted(other, .publisher) && !permitted(group, .publisher) && !permitted(other, .publisher, [user]))
    }
}
