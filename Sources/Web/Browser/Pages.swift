import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Mustache
import NIOCore

/// The pages, rendered from the templates beside the sources. Mustache escapes; the templates hold no script.
struct Pages: Sendable {
    private let library: MustacheLibrary

    init() throws {
        let templates: [(String, [UInt8])] = [
            ("layout", PackageResources.layout_mustache), ("front", PackageResources.front_mustache),
            ("sign-in", PackageResources.sign_in_mustache), ("invite", PackageResources.invite_mustache),
            ("home", PackageResources.home_mustache), ("message", PackageResources.message_mustache),
            ("confirm", PackageResources.confirm_mustache), ("data-source", PackageResources.data_source_mustache),
            ("new-data-source", PackageResources.new_data_source_mustache),
        ]
        library = MustacheLibrary(
            templates: Dictionary(
                uniqueKeysWithValues: try templates.map {
                    ($0.0, try MustacheTemplate(string: String(decoding: $0.1, as: UTF8.self)))
                }
            )
        )
    }

    /// A page with its frame.
    ///
    /// - Parameters:
    ///   - values: plain values only: text, lists of such, and yes or no.
    ///   - leavesSite: the form leads on to other origins (a sign-in on the way to content or a provider), which browsers
    ///     would hold against `form-action`.
    func page(
        _ name: String, title: String, _ values: [String: PageValue], status: HTTPResponse.Status = .ok,
        leavesSite: Bool = false
    ) -> Response {
        let body = library.render(values.mapValues(\.forMustache), withTemplate: name) ?? ""
        let frame = ["title": PageValue.text(title).forMustache, "body": PageValue.text(body).forMustache]
        let html = library.render(frame, withTemplate: "layout") ?? body
        let formAction = leavesSite ? "" : "; form-action 'self'"
        return Response(
            status: status,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy:
                    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
                    + formAction,
            ],
            body: .init(byteBuffer: ByteBuffer(string: html))
        )
    }

    /// A page that says what happened and what to do next.
    ///
    /// - Parameter next: where to go on from here, where the refusal itself does not say.
    func failure(_ refusal: Refusal, next: (path: String, words: String)? = nil) -> Response {
        let title =
            switch refusal.code {
            case .loginNotPossible: "The login did not work"
            case .objectDoesNotExist: "Not found"
            case .permissionDenied: "Not allowed"
            default: "That did not work"
            }
        var values: [String: PageValue] = ["heading": .text(title), "message": .text(refusal.message)]
        if let retry = refusal.payload?["login_url"]?.stringValue {
            values["link"] = .text(retry)
            values["link_text"] = .text("Try again")
        } else if let next {
            values["link"] = .text(next.path)
            values["link_text"] = .text(next.words)
        }
        var response = page("message", title: title, values, status: .init(code: refusal.code.status))
        response.headers[.retryAfter] = refusal.retryAfter.map(String.init)
        return response
    }

    static let stylesheet = Response(
        status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=3600"],
        body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.style_css))
    )
}

/// What a template can show.
enum PageValue: Sendable {
    case text(String)
    case flag(Bool)
    case list([[String: PageValue]])

    /// Mustache takes values of any type; only plain ones are given to it.
    var forMustache: any Sendable {
        switch self {
        case .text(let text): text
        case .flag(let flag): flag
        case .list(let rows): rows.map { $0.mapValues(\.forMustache) }
        }
    }
}
