import Accounts
import JSON
import Testing

@testable import Integrations

@Suite struct DialogTests {
    private func fields(_ template: Template, _ config: JSONObject = [:]) -> [String: Template.DialogField] {
        Dictionary(uniqueKeysWithValues: template.dialog(config).flatMap(\.fields).map { ($0.setting, $0) })
    }

    @Test func anOptionThatIsHiddenDecidesNothing() throws {
        let config: JSONObject = ["auth_type": "Service Account", "auth_mode": "Public"]
        let shown = fields(.databricks, config)
        #expect(shown["auth_mode"]?.isVisible == false)
        #expect(shown["client_secret"]?.isVisible == true)
        #expect(shown["scopes"]?.value == "all-apis")
    }

    @Test func everyFieldThatIsRequiredWithoutOptionsIsVisibleWithoutAny() {
        for template in Template.all {
            let shown = fields(template)
            for setting in template.settings where setting.isListed && setting.isRequired && setting.visibility == nil {
                #expect(shown[setting.name]?.isVisible == true, "\(template.key) \(setting.name)")
            }
        }
    }

    @Test func noFieldOfADialogShowsASecret() {
        for template in Template.all {
            let config = JSONObject(template.settings.filter(\.isSecret).map { ($0.name, .string("planted")) })
            #expect(template.dialog(config).flatMap(\.fields).allSatisfy { $0.value != "planted" })
        }
    }

    @Test func aFormSpeaksOfSettingsByTheNamesPeopleKnow() {
        let config = Template.databricks.config(typed: ["host_url": "h", "client_id": "c", "name": "n", "scopes": ""])
        #expect(config == ["workspace_host": "h", "client_id": "c"])
        #expect(Template.custom.config(typed: ["use_pkce": "false"]) == ["use_pkce": false])
    }
}

@Suite struct GuideTests {
    private static let issuer = "https://g.example/accounts/acme"

    @Test(arguments: Template.all.map(\.key))
    func nothingIsLeftToBeFilledIn(_ key: String) throws {
        let template = try #require(Template.named(key))
        for redirect in ["https://g.example/v1/integrations/callback", nil] {
            for type in ["Viewer", "Service Account"] {
                for guide in template.guides(["auth_type": .string(type)], redirectURI: redirect, issuer: Self.issuer) {
                    #expect(!guide.steps.isEmpty)
                    for step in guide.steps {
                        for text in [step.words, step.code ?? ""] {
                            #expect(text.firstMatch(of: /\{[a-z_]+\}/) == nil, "\(key): \(text)")
                        }
                    }
                }
            }
        }
    }

    @Test func whoeverLogsInIsToldTheRedirectURI() {
        for template in Template.all where template.hasLogin {
            let guides = template.guides([:], redirectURI: "https://g.example/cb", issuer: Self.issuer)
            #expect(
                guides.flatMap(\.steps).contains { $0.code?.contains("https://g.example/cb") == true },
                "\(template.key)")
        }
    }

    @Test func snowflakeAllowsPlainHTTPOnlyWhereItIs() throws {
        func statement(_ redirect: String) -> String {
            Template.snowflake.guides([:], redirectURI: redirect, issuer: Self.issuer).first?.steps.first?.code ?? ""
        }
        #expect(statement("https://g.example/cb").contains("OAUTH_ALLOW_NON_TLS_REDIRECT_URI = FALSE"))
        #expect(statement("http://localhost/cb").contains("OAUTH_ALLOW_NON_TLS_REDIRECT_URI = TRUE"))
        #expect(statement("https://g.example/cb").contains("OAUTH_REDIRECT_URI = 'https://g.example/cb'"))
    }

    @Test func awsIsToldTheIssuerWithoutItsScheme() {
        let steps = Template.aws.guides([:], redirectURI: nil, issuer: Self.issuer).flatMap(\.steps)
        #expect(steps.contains { $0.code == Self.issuer })
        #expect(steps.contains { $0.code?.contains("\"g.example/accounts/acme:aud\": \"sts.amazonaws.com\"") == true })
    }
}

@Suite struct LoginTestTests {
    private func granted(
        asked: [String], given: [String]?, refresh: Bool = true, identity: LoginTest.Identity = .unknown
    ) -> LoginTest.Granted {
        LoginTest.Granted(
            asked: asked, given: given, lifetime: nil, usedFor: 3600, hasRefreshToken: refresh, refreshLifetime: nil,
            tokenType: "Bearer", identity: identity, revocation: .done)
    }

    @Test func whatTheProviderDoesNotNameIsAsRequested() {
        #expect(granted(asked: ["a", "b"], given: nil).missing == [])
    }

    @Test func whatWasAskedForAndNotGivenIsMissing() {
        let granted = granted(asked: ["a", "b"], given: ["b", "c"])
        #expect(granted.missing == ["a"] && granted.more == ["c"])
    }

    @Test func scopesThatShowByWhatTheyGiveNeedNotBeNamed() {
        #expect(granted(asked: ["a", "offline_access"], given: ["a"]).missing == [])
        #expect(granted(asked: ["a", "offline_access"], given: ["a"], refresh: false).missing == ["offline_access"])
        let who = LoginTest.Identity.verified(subject: "s", email: nil, username: nil, name: nil)
        #expect(granted(asked: ["openid", "profile", "a"], given: ["a"], identity: who).missing == [])
        #expect(granted(asked: ["openid"], given: ["a"]).missing == ["openid"])
    }

    @Test func microsoftNamesWhatItsDefaultScopeMeans() {
        let asked = ["https://graph.microsoft.com/.default"]
        #expect(granted(asked: asked, given: ["https://graph.microsoft.com/User.Read"]).missing == [])
        #expect(granted(asked: asked, given: ["https://other.example/x"]).missing == asked)
    }
}
