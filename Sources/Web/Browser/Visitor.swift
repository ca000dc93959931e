import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// A browser at one account's pages: the account, and who is signed in.
struct Visitor: Sendable {
    let tenant: Tenant
    let identity: BrowserIdentity?
    /// What the session's cookie holds.
    let secret: SecretString?

    var slug: String { tenant.account.slug.text }
}

extension Services {
    /// Who is at the other end, for a page of that account.
    ///
    /// - Parameter inFrames: whether another site's frame may ask; where nothing is shown.
    /// - Throws: `Refusal` 92 where another site's page asks, and not to show the page in a window of its own.
    func visitor(
        _ request: Request, _ context: WebContext, at tenant: Tenant, inFrames: Bool = false
    ) async throws(Refusal) -> Visitor {
        try forms.checkSource(request.headers, inFrames: inFrames)
        let secret = request.headers.cookie(cookies.session(tenant.account.fingerprint))
        guard let secret else { return Visitor(tenant: tenant, identity: nil, secret: nil) }
        let identity = try await tenant.people.browser(secret, from: context.origin(of: request, .browser))
        if let identity { Asker.isOf(tenant, identity.user.guid.description) }
        return Visitor(tenant: tenant, identity: identity, secret: secret)
    }

    /// The account that a page's address names.
    func tenant(inPathOf context: WebContext) async throws(Refusal) -> Tenant {
        try await tenant(named: context.parameters.get("account").flatMap { AccountSlug($0) })
    }

    /// - Throws: `Refusal` 4 where there is none of that name, 503 where it cannot be opened.
    func tenant(named slug: AccountSlug?) async throws(Refusal) -> Tenant {
        guard let slug, let tenant = try await tenant(TenantFingerprint(of: slug)), tenant.account.slug == slug else {
            throw Refusal(.objectDoesNotExist, "There is no account of that name here: check the spelling.")
        }
        return tenant
    }

    /// The sign-in page, on the way to an address of ours.
    func signInAddress(_ tenant: Tenant, returnTo path: String) -> String {
        "/accounts/\(tenant.account.slug)/sign-in?return_to=" + ReturnPath.parameter(path)
    }
}
