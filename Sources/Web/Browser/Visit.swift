import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
import Storage

/// A request for a page by somebody who is signed in.
struct Visit: Sendable {
    let services: Services
    let request: Request
    let context: WebContext
    let tenant: Tenant
    let identity: BrowserIdentity
    /// What the session's cookie holds.
    let secret: SecretString

    /// - Returns: nil where nobody is signed in.
    init?(_ visitor: Visitor, _ request: Request, _ context: WebContext, _ services: Services) {
        guard let identity = visitor.identity, let secret = visitor.secret else { return nil }
        self.services = services
        self.request = request
        self.context = context
        tenant = visitor.tenant
        self.identity = identity
        self.secret = secret
    }

    var caller: Caller { identity.caller }
    var slug: String { tenant.account.slug.text }
    var now: Timestamp { services.world.clock.now }

    /// The address of a page of this account: `path("people")`.
    func path(_ rest: String = "") -> String { "/accounts/\(slug)/\(rest)" }

    /// The query's parameters, each once.
    func query() throws(Refusal) -> [String: String] { try request.query() }

    /// A GUID of the path; one of another account, or none at all, is as good as an unknown one.
    func guid(_ name: String = "guid", what: String) throws(Refusal) -> GUID {
        try context.guid(name, of: tenant, what: what)
    }

    /// A page in the account's frame.
    ///
    /// - Parameters:
    ///   - section: where in the navigation it stands.
    ///   - values: plain values only. The account, and what forms must carry, are there already.
    ///   - leavesSite: a form of it leads on to another origin.
    func page(
        _ name: String, title: String, in section: Section? = nil, _ values: [String: PageValue],
        status: HTTPResponse.Status = .ok, leavesSite: Bool = false
    ) -> Response {
        var values = values
        values["account"] = .text(slug)
        values["base"] = .text("/accounts/\(slug)")
        values[FormGuard.field] = .text(services.forms.token(secret))
        values[Submissions.field] = .text(Submissions.makeNumber())
        let notice = (try? query())?[Notice.parameter].flatMap(Notice.init)
        let frame = Frame(
            account: tenant.account.name, slug: slug, person: identity.user.email, role: caller.role,
            section: section, notice: notice)
        return services.pages.page(name, title: title, values, in: frame, status: status, leavesSite: leavesSite)
    }

    /// The status of a page: that of what was refused on it, if anything was.
    static func status(_ error: Refusal?) -> HTTPResponse.Status {
        error.map { .init(code: $0.code.status) } ?? .ok
    }

    /// After a form was done: to a page of this account, which says what was done.
    func seeOther(_ rest: String, _ notice: Notice? = nil) -> Response {
        let mark = rest.contains("?") ? "&" : "?"
        return .seeOther(path(rest) + (notice.map { "\(mark)\(Notice.parameter)=\($0.rawValue)" } ?? ""))
    }
}

/// What stands in the navigation.
enum Section: String, CaseIterable {
    case connections, content, keys, integrations, people, activity, audit
    case singleSignOn = "single-sign-on"

    /// What it is called there.
    var label: String {
        switch self {
        case .connections: "My connections"
        case .content: "Content"
        case .keys: "API keys"
        case .integrations: "Data sources"
        case .people: "People"
        case .activity: "Activity"
        case .audit: "Audit"
        case .singleSignOn: "Single sign-on"
        }
    }

    /// The end of its address.
    var path: String { self == .connections ? "" : rawValue }

    /// Who sees it.
    var role: Role {
        switch self {
        case .connections, .content, .keys: .viewer
        case .integrations, .people, .activity, .audit, .singleSignOn: .administrator
        }
    }
}

/// What a page says after a form was done. The address carries only its name, so nobody else can put words there.
enum Notice: String {
    static let parameter = "notice"

    case dataSourceAdded = "data-source-added"
    case dataSourceSaved = "data-source-saved"
    case dataSourceDeleted = "data-source-deleted"
    case attachersChanged = "attachers-changed"
    case nothingChanged = "nothing-changed"
    case loggedIn = "logged-in"
    case loggedOut = "logged-out"
    case personChanged = "person-changed"
    case personLocked = "person-locked"
    case personUnlocked = "person-unlocked"
    case groupCreated = "group-created"
    case groupRenamed = "group-renamed"
    case groupDeleted = "group-deleted"
    case memberAdded = "member-added"
    case memberRemoved = "member-removed"
    case keyDeleted = "key-deleted"
    case retentionChanged = "retention-changed"
    case singleSignOnSaved = "single-sign-on-saved"
    case singleSignOnTested = "single-sign-on-tested"
    case singleSignOnUsed = "single-sign-on-used"
    case singleSignOnOff = "single-sign-on-off"
    case passwordsOff = "passwords-off"
    case passwordsOn = "passwords-on"
    case breakGlassChanged = "break-glass-changed"
    case disconnected = "disconnected"
    case contentCreated = "content-created"
    case contentSaved = "content-saved"
    case contentGiven = "content-given"
    case contentDeleted = "content-deleted"
    case viewersSaved = "viewers-saved"
    case viewerListed = "viewer-listed"
    case viewerUnlisted = "viewer-unlisted"
    case dataSourcesAttached = "data-sources-attached"
    case dataSourceRemoved = "data-source-removed"
    case variableSet = "variable-set"
    case variableRemoved = "variable-removed"

    var words: String {
        switch self {
        case .dataSourceAdded: "The data source was added."
        case .dataSourceSaved: "The data source was saved."
        case .dataSourceDeleted: "The data source was deleted."
        case .attachersChanged: "Who may attach it was changed."
        case .nothingChanged: "Nothing was changed: everything is as it was."
        case .loggedIn: "You are logged in. Content that you may open can use the data source as you."
        case .singleSignOnSaved: "The settings are kept. Test them next: nothing is in force before."
        case .singleSignOnTested: "The test worked. See below what came of it."
        case .singleSignOnUsed: "The settings are in force, and you are connected."
        case .singleSignOnOff: "Single sign-on is off. People sign in with email and password."
        case .passwordsOff: "Passwords are off, but for those who are named for emergencies."
        case .passwordsOn: "Passwords are on."
        case .breakGlassChanged: "The list of those who may use a password in emergencies was changed."
        case .disconnected:
            "The person is disconnected and signed out, and recognised anew at the next sign-in. API keys go on working."
        case .loggedOut: "You are logged out. Gatehouse has forgotten the tokens."
        case .personChanged: "The changes were saved."
        case .personLocked: "This person is locked out."
        case .personUnlocked: "This person can sign in again."
        case .groupCreated: "The group was created. Add its members now."
        case .groupRenamed: "The group was renamed."
        case .groupDeleted: "The group was deleted."
        case .memberAdded: "The member was added."
        case .memberRemoved: "The member was removed."
        case .keyDeleted: "The API key was deleted. Whatever used it has stopped working."
        case .retentionChanged: "How long lines are kept was changed."
        case .contentCreated: "The content was created. Next: choose who may view it, and attach a data source."
        case .contentSaved: "The changes are saved."
        case .contentGiven: "The content has another owner."
        case .contentDeleted: "The content was deleted."
        case .viewersSaved: "Who may view it was changed."
        case .viewerListed: "They are on the list."
        case .viewerUnlisted: "They are not on the list any more."
        case .dataSourcesAttached: "The data sources are attached."
        case .dataSourceRemoved: "The data source is not attached any more."
        case .variableSet: "The variable is set. Content that runs gets it at its next start."
        case .variableRemoved: "The variable was removed."
        }
    }
}
