import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import OAuthClient
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
    func visitor(_ request: Request, at tenant: Tenant) async throws(Refusal) -> Visitor {
        let secret = request.headers.cookie(cookies.session(tenant.account.fingerprint))
        guard let secret else { return Visitor(tenant: tenant, identity: nil, secret: nil) }
        return Visitor(tenant: tenant, identity: try await tenant.people.browser(secret), secret: secret)
    }

    /// The account that a page's address names.
    func tenant(inPathOf context: WebContext) async throws(Refusal) -> Tenant {
        guard let slug = context.parameters.get("account").flatMap({ AccountSlug($0) }),
            let tenant = try await tenant(TenantFingerprint(of: slug)), tenant.account.slug == slug
        else { throw Refusal(.objectDoesNotExist, "There is no account of that name here: check the spelling.") }
        return tenant
    }

    /// The sign-in page, on the way to an address of ours.
    func signInAddress(_ tenant: Tenant, returnTo path: String) -> String {
        "/accounts/\(tenant.account.slug)/sign-in?return_to=" + FormEncoding.encode(path)
    }

    /// Where the request came from, for counting failed attempts. A proxy on this machine is believed about its client.
    func origin(of request: Request, _ context: WebContext) -> String {
        let peer = context.peer ?? "unknown"
        guard peer == "127.0.0.1" || peer == "::1", let forwarded = request.headers[.forwardedFor] else { return peer }
        return forwarded.split(separator: ",").last.map { String($0.filter { !$0.isWhitespace }.prefix(64)) } ?? peer
    }
}
