import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
import Testing

@testable import Integrations

/// What comes out of the templates: endpoints, clients, scopes.
@Suite struct ProviderTests {
    private func provider(
        _ key: String, _ config: JSONObject, policy: OutboundPolicy = OutboundPolicy()
    ) throws -> Provider {
        let template = try #require(Template.named(key))
        let checked = try template.check(config, policy: policy)
        return try Provider(template: template, values: checked.values.withoutNulls, policy: policy)
    }

    private static let tenant = "b0b52785-1111-4222-8333-444455556666"

    @Test(arguments: [
        ("Public", "login.microsoftonline.com", "https://graph.microsoft.com"),
        ("US Government", "login.microsoftonline.us", "https://graph.microsoft.us"),
        ("China", "login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ])
    func microsoftsCloudsAreApart(_ cloud: String, _ host: String, _ resource: String) throws {
        let config: JSONObject = [
            "cloud": .string(cloud), "tenant_id": .string(Self.tenant), "client_id": "c", "client_secret": "s",
        ]
        let viewer = try provider("msgraph", config)
        #expect(viewer.authorizationEndpoint == "https://\(host)/\(Self.tenant)/oauth2/v2.0/authorize")
        #expect(viewer.tokenEndpoint?.text == "https://\(host)/\(Self.tenant)/oauth2/v2.0/token")
        #expect(viewer.issuer == "https://\(host)/\(Self.tenant)/v2.0")
        #expect(viewer.scopes == "\(resource)/.default offline_access")
        #expect(viewer.authentication == .post && viewer.isVendors && viewer.grant == nil)
        let service = try provider("msgraph", config.merging(["auth_type": "Service Account"]))
        #expect(service.authorizationEndpoint == nil && service.scopes == "\(resource)/.default")
    }

    @Test func aTenantsDomainIsNoIssuer() throws {
        let config: JSONObject = ["tenant_id": "contoso.com", "client_id": "c", "client_secret": "s"]
        #expect(try provider("azure", config).issuer == nil)
    }

    @Test func aSitesOwnAPIIsAskedForWhereItsHostIsGiven() throws {
        let config: JSONObject = [
            "tenant_id": .string(Self.tenant), "client_id": "c", "sharepoint_host": "Contoso.sharepoint.com",
        ]
        #expect(try provider("sharepoint", config).scopes == "https://contoso.sharepoint.com/.default offline_access")
    }

    @Test func googlesHostsDiffer() throws {
        let viewer = try provider("bigquery", ["client_id": "c", "client_secret": "s", "project_id": "analytics-1"])
        #expect(viewer.authorizationEndpoint == "https://accounts.google.com/o/oauth2/v2/auth")
        #expect(viewer.tokenEndpoint?.text == "https://oauth2.googleapis.com/token")
        #expect(viewer.revocationEndpoint?.text == "https://oauth2.googleapis.com/revoke")
        #expect(viewer.issuer == "https://accounts.google.com")
        #expect(viewer.additionalAuthorizationParameters.map(\.name) == ["access_type", "prompt"])
        #expect(viewer.environment.map(\.value) == ["analytics-1"])
    }

    @Test func aDoctoredKeyDoesNotSayWhereAssertionsGo() throws {
        let key = TemplateExamples.googleKey(["token_uri": "https://evil.example/token"])
        let service = try provider("sheets", ["auth_type": "Service Account", "service_account_key": .string(key)])
        guard case .jwtBearer(let audience)? = service.grant else {
            Issue.record("a service account of Google's signs assertions")
            return
        }
        #expect(audience == "https://oauth2.googleapis.com/token" && service.tokenEndpoint?.text == audience)
        #expect(try service.credentials(secret: SecretString(key)).clientID.isEmpty)
        let signed = try ServiceAccountKey(SecretString(key), field: "service_account_key")
            .assertion(scopes: "a", audience: audience, now: 1_800_000_000)
        let parts = signed.reveal().split(separator: ".").map { String($0) }
        let claims = try JSON.parse(try #require(Base64URL.decode(parts[1])))
        #expect(claims["iss"] == "robot@analytics-1.iam.gserviceaccount.com" && claims["aud"] == .string(audience))
    }

    @Test(arguments: [
        "", "{}", "[]", "not json", "{\"type\": \"authorized_user\"}",
        TemplateExamples.googleKey(["private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]),
        TemplateExamples.googleKey(["private_key": nil]), TemplateExamples.googleKey(["client_email": nil]),
        TemplateExamples.googleKey(["client_email": "a b@c"]), TemplateExamples.googleKey(["type": "external_account"]),
    ])
    func aKeyThatIsNoneIsRefusedWithoutRepeatingIt(_ key: String) throws {
        let config: JSONObject = ["auth_type": "Service Account", "service_account_key": .string(key)]
        #expect { try Template.drive.check(config, policy: OutboundPolicy()) } throws: { error in
            guard let refusal = error as? Refusal else { return false }
            return refusal.field == "service_account_key" && refusal.code == .templateConfig
                && !refusal.message.contains("BEGIN") && !refusal.message.contains("gserviceaccount")
        }
    }

    @Test func githubHasHostsOfItsOwn() throws {
        let config: JSONObject = ["client_id": "c", "client_secret": "s"]
        #expect(
            try provider("github", config).authorizationEndpoint == "https://github.com/login/oauth/authorize")
        let cloud = try provider("github", config.merging(["host": "octocorp.ghe.com"]))
        #expect(cloud.tokenEndpoint?.text == "https://octocorp.ghe.com/login/oauth/access_token")
        #expect(throws: Refusal.self) { try provider("github", config.merging(["host": "github.evil.example"])) }
    }

    @Test func aStandInNeedsTheOperatorsLeave() throws {
        let allowed = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: "127.0.0.1:9100")])
        for (key, config) in [
            ("azure", ["tenant_id": "t", "client_id": "c"] as JSONObject), ("drive", ["client_id": "c"]),
        ] {
            let typed = config.merging(["host": "127.0.0.1:9100"])
            let stand = try provider(key, typed, policy: allowed)
            #expect(stand.tokenEndpoint?.origin == "http://127.0.0.1:9100" && stand.isVendors)
            #expect(stand.authorizationEndpoint?.hasPrefix("http://127.0.0.1:9100/") == true)
            #expect(throws: Refusal.self) { try provider(key, typed) }
            #expect(throws: Refusal.self) { try provider(key, config.merging(["host": "login.example.com"])) }
        }
    }

    @Test func salesforceRevokes() throws {
        let made = try provider("salesforce", TemplateExamples.first("salesforce"))
        #expect(made.revocationEndpoint?.text == "https://acme.my.salesforce.com/services/oauth2/revoke")
        #expect(made.environment.first?.value == "https://acme.my.salesforce.com")
    }

    @Test func aPrivateKeyIsWhatTheClientProvesItselfBy() throws {
        let config: JSONObject = [
            "client_id": "c", "token_endpoint_auth_method": "private_key_jwt", "private_key_id": "k1",
            "authorization_uri": "https://idp.example.com/a", "token_uri": "https://idp.example.com/t",
            "revocation_uri": "https://idp.example.com/r",
        ]
        let made = try provider("custom", config)
        #expect(try made.credentials(secret: TemplateExamples.key).method == .privateKeyJWT)
        #expect(made.revocationEndpoint?.text == "https://idp.example.com/r")
        #expect(throws: Refusal.self) { try made.credentials(secret: SecretString("no key")) }
        #expect(throws: Refusal.self) { try made.credentials(secret: nil) }
    }

    @Test func anAWSRoleIsAskedForInItsPartition() throws {
        let china: JSONObject = ["role_arn": "arn:aws-cn:iam::123456789012:role/r", "sts_region": "cn-north-1"]
        func settings(_ changes: JSONObject) throws -> Template.AWS.Settings {
            let values = try Template.aws.check(china.merging(changes), policy: OutboundPolicy()).values
            return try Template.AWS.settings(Template.aws.complete(values.withoutNulls), policy: OutboundPolicy())
        }
        let made = try settings([:])
        #expect(made.stsEndpoint.text == "https://sts.cn-north-1.amazonaws.com.cn/")
        #expect(made.audience == "sts.amazonaws.com" && made.durationSeconds == 3600 && made.sessionName == nil)
        #expect(throws: Refusal.self) { try settings(["sts_region": "eu-central-1"]) }
        let typed = try settings(["sts_endpoint": "sts.cn-northwest-1.amazonaws.com.cn", "session_duration": 43200])
        #expect(typed.stsEndpoint.host == "sts.cn-northwest-1.amazonaws.com.cn" && typed.durationSeconds == 43200)
    }

    @Test(arguments: [
        "sts.evil.example", "evilsts.amazonaws.com", "amazonaws.com", "sts.amazonaws.com.evil.example",
        "api.execute-api.eu-central-1.amazonaws.com", "sts.s3.amazonaws.com", "sts.elb.amazonaws.com",
    ])
    func aTokenDoesNotGoToACustomersHostAtAmazon(_ host: String) {
        #expect { try Template.aws.check(["sts_endpoint": .string(host)], policy: OutboundPolicy()) } throws: {
            ($0 as? Refusal)?.field == "sts_endpoint"
        }
    }
}
