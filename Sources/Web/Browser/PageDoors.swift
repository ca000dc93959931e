import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Proof that whoever asks for a page may have it. A handler names the proof it needs and gets it, or is not reached.
protocol Proof: Sendable {
    init(_ caller: Caller) throws(Refusal)
}

extension Administrator: Proof {}
extension Publisher: Proof {}
extension Caller: Proof {
    /// Everybody who is signed in.
    init(_ caller: Caller) throws(Refusal) { self = caller }
}

/// How the pages of an account are put before the router: `/accounts/{account}/...`, for people who are signed in.
///
/// Whoever is not is led to the sign-in page and back. A form must come from one of our own pages, and what is sent
/// twice (a double click, the back button) is done once.
struct PageDoors {
    let services: Services
    let router: RouterGroup<WebContext>

    /// The beginning of all their addresses.
    static let prefix = "/accounts/{account}"

    /// A page.
    func get<Needed: Proof>(
        _ path: String, for needed: Needed.Type,
        _ handle: @escaping @Sendable (Visit, Needed) async throws -> Response
    ) {
        let services = services
        router.get(Self.path(path)) { request, context in
            let tenant = try await services.tenant(inPathOf: context)
            let visitor = try await services.visitor(request, context, at: tenant)
            guard let visit = Visit(visitor, request, context, services) else {
                return Response.seeOther(services.signInAddress(tenant, returnTo: request.uri.string))
            }
            return try await handle(visit, try Needed(visit.caller))
        }
    }

    /// What a form does. It answers with a redirect (`Visit.seeOther`) where it was done, and with the page again, what
    /// was typed in it, where it was not.
    func post<Needed: Proof>(
        _ path: String, for needed: Needed.Type,
        _ handle: @escaping @Sendable (Visit, Needed, SentForm) async throws -> Response
    ) {
        let services = services
        router.post(Self.path(path)) { request, context in
            let tenant = try await services.tenant(inPathOf: context)
            let visitor = try await services.visitor(request, context, at: tenant)
            let form = SentForm(try await request.form())
            try services.forms.checkOrigin(request.headers)
            guard let visit = Visit(visitor, request, context, services) else {
                return services.resend(form, request, tenant, for: nil)
            }
            let needed = try Needed(visit.caller)
            guard services.forms.isOurs(form.fields, visit.secret) else {
                return services.resend(form, request, tenant, for: visit)
            }
            return try await services.submissions.once(form, visit, at: request.uri.path) {
                try await handle(visit, needed, form)
            }
        }
    }

    private static func path(_ path: String) -> RouterPath {
        RouterPath(path.isEmpty ? prefix : "\(prefix)/\(path)")
    }
}

extension Services {
    /// What was sent from a page that is out of date, or without being signed in (any more), is shown again with a button
    /// that sends it: nothing typed is lost but secrets, and nothing is done before the person says so.
    ///
    /// The form's origin was checked: it is from one of our own pages.
    func resend(_ form: SentForm, _ request: Request, _ tenant: Tenant, for visit: Visit?) -> Response {
        let kept = visit != nil || form.isSmall ? form.withoutSecrets.sorted { $0.key < $1.key } : []
        let values: [String: PageValue] = [
            "action": .text(request.uri.string), "is_signed_out": .flag(visit == nil),
            "sign_in": .text(signInAddress(tenant, returnTo: "/accounts/\(tenant.account.slug)/")),
            "fields": .list(kept.map { ["name": .text($0.key), "value": .text($0.value)] }),
            "has_fields": .flag(!kept.isEmpty), "had_secrets": .flag(form.hasSecrets),
        ]
        let title = visit == nil ? "You are signed out" : "Send it again?"
        guard let visit else {
            return pages.page("resend", title: title, values, status: .unauthorized)
        }
        return visit.page("resend", title: title, values, status: .conflict)
    }
}
