import Accounts
import JSON
import Storage

/// One of the things that can be asked of the server, as data: what the document at `/openapi.json` is made from.
struct Operation: Sendable {
    let method: Method
    /// The path as the router has it, without the API's prefix.
    let path: String
    let summary: String
    let access: Access
    /// The query's parameters and the headers; those of the path follow from it.
    let parameters: [Parameter]
    let body: Body?
    let answers: [Answer]
    /// The codes of its own refusals; those that every operation of its kind has are added.
    let refusals: [ErrorCode]

    init(
        _ method: Method, _ path: String, _ summary: String, for access: Access,
        parameters: [Parameter] = [], body: Body? = nil, answers: Answer..., refusals: [ErrorCode] = []
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.refusals = refusals
    }

    enum Method: String, Sendable {
        case get, post, put, patch, delete
    }

    /// Who may ask.
    enum Access: Sendable, Equatable {
        /// A program with an API key of this role or a greater one.
        case key(Role)
        /// Anyone, with or without a sign-in.
        case anyone
        /// A browser that is signed in; another one is sent to the sign-in page.
        case browser
        /// A browser whose person may publish.
        case publishersBrowser
        /// A browser that administers the account.
        case administratorsBrowser
        /// An IDE with the cookie of a Workbench session.
        case workbench

        static let viewer = Access.key(.viewer)
        static let publisher = Access.key(.publisher)
        static let administrator = Access.key(.administrator)

        /// What `x-gatehouse-role` says.
        var word: String {
            switch self {
            case .key(let role): role.rawValue
            case .anyone: "anyone"
            case .browser: "signed-in browser"
            case .publishersBrowser: "publisher's browser"
            case .administratorsBrowser: "administrator's browser"
            case .workbench: "Workbench session"
            }
        }
    }

    /// Whether a program asks, which is told why by JSON rather than by a page.
    var isForPrograms: Bool { ErrorAnswers.isForPrograms(path) }
    /// Whether it stands under both prefixes.
    var hasPrefix: Bool { if case .key = access { true } else { path == "/server_settings" } }
}

/// A parameter of the query, or a header.
struct Parameter: Sendable {
    enum Place: String, Sendable {
        case query, header, path
    }

    let name: String
    let place: Place
    let schema: Schema
    let isRequired: Bool

    static func query(_ name: String, _ schema: Schema, isRequired: Bool = false) -> Parameter {
        Parameter(name: name, place: .query, schema: schema, isRequired: isRequired)
    }

    /// A parameter of the path whose form does not follow from its name.
    static func path(_ name: String, _ schema: Schema) -> Parameter {
        Parameter(name: name, place: .path, schema: schema, isRequired: true)
    }

    static func header(_ name: String, _ schema: Schema, isRequired: Bool = false) -> Parameter {
        Parameter(name: name, place: .header, schema: schema, isRequired: isRequired)
    }
}

/// What is sent along.
enum Body: Sendable {
    case json(Schema, isRequired: Bool = true)
    /// A gzip-compressed archive, alone or in a form with files.
    case archive(Schema)
    /// An HTML form's fields.
    case form(Schema)
}

/// How it can end well, or on the way elsewhere.
struct Answer: Sendable {
    let status: Int
    let description: String
    var media: String?
    var schema: Schema?
    /// Another form of it.
    var alternative: String?
    /// Headers of its own.
    var headers: [Header] = []

    struct Header: Sendable {
        let name: String
        let schema: Schema
        let description: String
        var isRequired = true
    }

    static func json(_ schema: Schema, _ description: String = "Done.", status: Int = 200) -> Answer {
        Answer(status: status, description: description, media: "application/json", schema: schema)
    }

    static let noContent = Answer(status: 204, description: "Done; there is nothing to add.")

    static func page(_ description: String, status: Int = 200) -> Answer {
        Answer(status: status, description: description, media: "text/html", schema: .text)
    }

    static func redirect(_ status: Int, _ description: String) -> Answer {
        Answer(
            status: status, description: description,
            headers: [Header(name: "Location", schema: .text, description: "Where to go.")])
    }
}
