import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// What a test of a data source tells.
struct DataSourceReport {
    /// Of the test's page: which report it shows.
    static let parameter = "report"

    private typealias Row = (label: String, text: String, list: [String])

    private let integration: GUID
    private let name: String
    private let isLogin: Bool
    private var failure = ""
    private var advice = ""
    private var verdict = ""
    private var remarks: [String] = []
    private var facts: [Row] = []
    private var kept = "Nothing of this was kept."

    /// Of a login.
    init(_ test: LoginTest) {
        integration = test.integration
        name = test.name
        isLogin = true
        switch test.result {
        case .failed(let why, let advice):
            failure = why
            self.advice = advice
        case .granted(let granted): tell(granted)
        }
    }

    /// Of credentials that the provider gave; it says how many seconds they work.
    init(integration: GUID, name: String, lifetime: Int64?) {
        self.integration = integration
        self.name = name
        isLogin = false
        verdict = "It works: the provider gave credentials."
        facts = [("They work for", Lifetime.words(lifetime), [])]
    }

    /// Of credentials that the provider refused.
    init(integration: GUID, name: String, refusal: Refusal) {
        self.integration = integration
        self.name = name
        isLogin = false
        failure = refusal.message
        advice =
            "Compare the client, its secret and its rights at the provider with the settings here, and ask again."
    }

    private mutating func tell(_ granted: LoginTest.Granted) {
        let missing = granted.missing
        verdict =
            missing.isEmpty && granted.hasRefreshToken
            ? "It works: the login came back with all that was asked for."
            : "The login works, but not everything came back."
        if !missing.isEmpty {
            remarks.append(
                "Not granted: \(missing.joined(separator: ", ")). Allow it for the client at the provider, or take it out of the scopes here."
            )
        }
        if !granted.hasRefreshToken {
            remarks.append(
                "There is no refresh token, so viewers must log in again whenever the access token ends: see which scope the provider wants for it (often offline_access or refresh_token), and whether the client may have one."
            )
        }
        facts.append(
            granted.given.map { ("Scopes granted", "", $0) }
                ?? ("Scopes granted", "The provider names none, which means those that were asked for:", granted.asked))
        if !missing.isEmpty { facts.append(("Scopes missing", "", missing)) }
        if !granted.more.isEmpty { facts.append(("Granted beside them", "", granted.more)) }
        facts.append(("The access token works for", Lifetime.words(granted.lifetime), []))
        if granted.lifetime == nil {
            let next = granted.hasRefreshToken ? "then it is refreshed" : "then viewers log in again"
            facts.append(("It is used here for", "\(Lifetime.words(granted.usedFor)), \(next)", []))
        }
        facts.append(
            (
                "Refresh token",
                granted.hasRefreshToken
                    ? "Yes" + (granted.refreshLifetime.map { ", for \(Lifetime.words($0))" } ?? "") : "No", []
            ))
        facts.append(("Token type", granted.tokenType, []))
        facts += Self.who(granted.identity)
        kept = "Nothing of this was kept. " + Self.fate(granted.revocation)
    }

    private static func who(_ identity: LoginTest.Identity) -> [Row] {
        switch identity {
        case .verified(let subject, let email, let username, let name):
            let rest: [(String, String?)] = [("Email", email), ("Username", username), ("Name", name)]
            return [
                ("Who logged in", "The provider's id_token says so, and it is genuine.", []),
                ("Subject", "", [subject]),
            ]
                + rest.compactMap { label, text in text.map { (label, $0, []) } }
        case .named(let username): return [("Who logged in", "", [username])]
        case .unchecked:
            return [
                (
                    "Who logged in",
                    "There is an id_token, but no issuer is known here that it could be checked against.", []
                )
            ]
        case .unknown: return [("Who logged in", "The provider does not say.", [])]
        }
    }

    private static func fate(_ revocation: LoginTest.Revocation) -> String {
        switch revocation {
        case .done: "The tokens were revoked at the provider."
        case .notOffered: "The provider has no way to revoke tokens: these end by themselves."
        case .spared:
            "The tokens were not revoked at the provider, because you are logged in there yourself, and some providers end all of a person's tokens together. They end by themselves."
        case .failed: "The provider did not revoke the tokens: they end by themselves."
        }
    }

    /// - Parameter status: of the page.
    func page(_ visit: Visit, status: HTTPResponse.Status = .ok) -> Response {
        let values: [String: PageValue] = [
            "source": .text(name), "link": .text(visit.path("integrations/\(integration)")),
            "heading": .text("Test of \(name)"), "failure": .text(failure), "advice": .text(advice),
            "verdict": .text(verdict), "remarks": .list(remarks.map { ["text": .text($0)] }),
            "has_facts": .flag(!facts.isEmpty),
            "facts": .list(
                facts.map { row in
                    [
                        "label": .text(row.label), "text": .text(row.text),
                        "list": .list(row.list.map { ["text": .text($0)] }),
                    ]
                }),
            "kept": .text(kept), "is_login": .flag(isLogin), "is_own": .flag(!isLogin),
        ]
        return visit.page(
            "data-source-report", title: "Test of \(name)", in: .integrations, values, status: status)
    }
}

/// How long something works, in words.
enum Lifetime {
    private static let units: [(name: String, seconds: Int64)] = [
        ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1),
    ]

    /// The two largest units; nil: it is not known.
    static func words(_ seconds: Int64?) -> String {
        guard let seconds else { return "The provider does not say." }
        guard seconds > 0 else { return "no time" }
        var rest = seconds
        var parts: [String] = []
        for unit in units where parts.count < 2 {
            let count = rest / unit.seconds
            rest %= unit.seconds
            if count > 0 { parts.append("\(count) \(unit.name)\(count == 1 ? "" : "s")") }
        }
        return parts.joined(separator: " ")
    }
}
