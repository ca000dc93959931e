import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Mustache
import NIOCore
import Storage

/// The frame of a page for somebody who is signed in: the account, where one is, and where else one can go.
struct Frame: Sendable {
    let account: String
    let slug: String
    let person: String
    let role: Role
    let section: Section?
    let notice: Notice?

    var values: [String: PageValue] {
        let links = Section.allCases.filter { $0.role <= role }.map { section -> [String: PageValue] in
            [
                "label": .text(section.label), "address": .text("/accounts/\(slug)/\(section.path)"),
                "is_current": .flag(section == self.section),
            ]
        }
        return [
            "account_name": .text(account), "person": .text(person), "links": .list(links),
            "notice": .text(notice?.words ?? ""), "is_signed_in": .flag(true),
        ]
    }
}

/// The pages, rendered from the templates beside the sources. Mustache escapes; the templates hold no script.
struct Pages: Sendable {
    private let library: MustacheLibrary

    init() throws {
        let all = Self.frame + Self.signIn + Self.viewer + Self.publisher + Self.admin
        library = MustacheLibrary(
            templates: Dictionary(
                uniqueKeysWithValues: try all.map {
                    ($0.0, try PageText.template($0.1))
                }
            )
        )
    }

    /// A page with its frame.
    ///
    /// - Parameters:
    ///   - values: plain values only: text, lists of such, and yes or no.
    ///   - frame: nil where nobody is signed in.
    ///   - leavesSite: the form leads on to other origins (a sign-in on the way to content or a provider), which browsers
    ///     would hold against `form-action`.
    func page(
        _ name: String, title: String, _ values: [String: PageValue], in frame: Frame? = nil,
        status: HTTPResponse.Status = .ok, leavesSite: Bool = false
    ) -> Response {
        let body = library.render(PageValue.Values(values: values), withTemplate: name) ?? ""
        var around = frame?.values ?? [:]
        for name in ["account", "base", FormGuard.field, Submissions.field] { around[name] = values[name] }
        around["title"] = .text(title)
        around["body"] = .text(body)
        around["version"] = .text(Assets.version)
        let html = library.render(PageValue.Values(values: around), withTemplate: "layout") ?? body
        let formAction = leavesSite ? "" : "; form-action 'self'"
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy: Self.policy + formAction,
                // Who opened the page keeps no hold of its window.
                .openerPolicy: "same-origin",
            ],
            body: .init(byteBuffer: ByteBuffer(string: html))
        )
    }

    /// A text from a template that is no page, such as code to paste.
    func text(_ name: String, _ values: [String: PageValue]) -> String {
        library.render(PageValue.Values(values: values), withTemplate: name) ?? ""
    }

    /// Nothing from anywhere else, nothing inline, in nobody's frame.
    private static let policy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

    /// A page that says what happened and what to do next.
    ///
    /// - Parameter next: where to go on from here, where the refusal itself does not say.
    func failure(_ refusal: Refusal, next: (path: String, words: String) = ("/", backToStart)) -> Response {
        let (title, values) = Self.message(refusal, next: next)
        var response = page("message", title: title, values, status: .init(code: refusal.code.status))
        response.headers[.retryAfter] = refusal.retryAfter.map(String.init)
        return response
    }

    static let backToStart = "Back to the start"

    /// The title and the values of such a page.
    fileprivate static func message(
        _ refusal: Refusal, next: (path: String, words: String)
    ) -> (title: String, values: [String: PageValue]) {
        let title =
            switch refusal.code {
            case .loginNotPossible: "The login did not work"
            case .objectDoesNotExist: "Not found"
            case .permissionDenied: "Not allowed"
            default: "That did not work"
            }
        let retry = refusal.payload?["login_url"]?.stringValue
        return (
            title,
            [
                "heading": .text(title), "message": .text(refusal.message), "link": .text(retry ?? next.path),
                "link_text": .text(retry == nil ? next.words : "Log in again"),
            ]
        )
    }
}

extension Visit {
    /// A page that says what happened, in the account's frame.
    func failure(_ refusal: Refusal) -> Response {
        let (title, values) = Pages.message(refusal, next: (path(), Pages.backToStart))
        var response = page("message", title: title, values, status: .init(code: refusal.code.status))
        response.headers[.retryAfter] = refusal.retryAfter.map(String.init)
        return response
    }
}

/// The templates of each part of the house, by name.
extension Pages {
    typealias Templates = [(String, [UInt8])]

    /// What pages are made of.
    private static let frame: Templates = [
        ("layout", PackageResources.layout_mustache), ("proof", PackageResources.proof_mustache),
        ("field", PackageResources.field_mustache), ("form-error", PackageResources.form_error_mustache),
        ("pager", PackageResources.pager_mustache), ("time", PackageResources.time_mustache),
        ("copy", PackageResources.copy_mustache), ("new-keys", PackageResources.new_keys_mustache),
        ("message", PackageResources.message_mustache), ("confirm", PackageResources.confirm_mustache),
        ("resend", PackageResources.resend_mustache),
    ]
}
