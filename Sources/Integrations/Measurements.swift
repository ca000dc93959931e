public import Accounts
public import CoreMetrics
import OAuthClient
import Synchronization

/// What the domain measures. Labels come from closed sets alone: no account, person or address is ever one.
///
/// The names are those of the catalogue in Telemetry, of which this room knows nothing: it speaks to the metrics API, and
/// where no registry stands behind that, nothing happens.
public enum Measurements {
    /// Handlers by the values of their labels, each made when it is first needed and then kept.
    public final class Cache<Key: Hashable & Sendable, Handler: Sendable>: Sendable {
        private let handlers = Mutex<[Key: Handler]>([:])
        private let make: @Sendable (Key) -> Handler

        /// A cache that makes handlers with the closure.
        public init(_ make: @escaping @Sendable (Key) -> Handler) { self.make = make }

        /// The handler of these values.
        public subscript(_ key: Key) -> Handler {
            handlers.withLock { handlers in
                if let handler = handlers[key] { return handler }
                let handler = make(key)
                handlers[key] = handler
                return handler
            }
        }
    }

    private struct TemplateKey: Hashable {
        let template: String
        let word: String

        init(_ template: String?, _ word: String) {
            self.template = template.map { Template.named($0) == nil ? "other" : $0 } ?? "unknown"
            self.word = word
        }
    }

    // MARK: Exchanges

    private static let exchanges = Cache<String, Counter> {
        Counter(label: "gatehouse_exchanges_total", dimensions: [("outcome", $0)])
    }

    /// Exchanges that were answered from memory. Whoever answers keeps the counter: an increment is all it costs.
    public static var remembered: ExchangeCounter { ExchangeCounter(counter: exchanges["remembered"]) }

    /// A counter of exchanges with one outcome.
    public struct ExchangeCounter: Sendable {
        fileprivate let counter: Counter

        /// Counts one.
        public func count() { counter.increment() }
    }

    /// Counts an exchange by its outcome.
    public static func exchange<Answer>(_ perform: () async throws -> Answer) async throws -> Answer {
        do {
            let answer = try await perform()
            exchanges["granted"].increment()
            return answer
        } catch {
            exchanges[(error as? Refusal).map { "code_\($0.code.rawValue)" } ?? "failed"].increment()
            throw error
        }
    }

    // MARK: Providers

    /// What a provider is asked for.
    public enum Operation: String, Sendable {
        /// A code for tokens.
        case authorizationCode = "authorization_code"
        /// A refresh token for new tokens.
        case refresh
        /// A token for a service account.
        case clientCredentials = "client_credentials"
        /// A token for an assertion (RFC 7523).
        case jwtBearer = "jwt_bearer"
        /// AWS credentials for an identity token.
        case assumeRole = "assume_role"
        /// The end of a token (RFC 7009).
        case revocation
    }

    private static let providers = Cache<TemplateKey, Timer> {
        Timer(
            label: "gatehouse_provider_request_seconds",
            dimensions: [("template", $0.template), ("operation", $0.word)])
    }

    /// Measures how long a provider takes to answer, or to fail.
    public static func provider<Answer, Failure: Error>(
        _ operation: Operation, _ template: String, _ ask: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        let start = ContinuousClock.now
        defer { providers[TemplateKey(template, operation.rawValue)].record(ContinuousClock.now - start) }
        return try await ask()
    }

    // MARK: Refreshes and logins

    private static let refreshes = Cache<TemplateKey, Counter> {
        Counter(label: "gatehouse_refreshes_total", dimensions: [("template", $0.template), ("outcome", $0.word)])
    }

    /// Counts a refresh by what the provider said; nil: it was not asked, because it did not answer before.
    static func refresh(_ template: String, _ outcome: TokenOutcome?) {
        var word = word(outcome)
        if case .refused(let refusal) = outcome, refusal.effect == .session { word = "rejected" }
        refreshes[TemplateKey(template, word)].increment()
    }

    private static let serviceTokens = Cache<TemplateKey, Counter> {
        Counter(label: "gatehouse_service_tokens_total", dimensions: [("template", $0.template), ("outcome", $0.word)])
    }

    /// Counts a request for a service account's token by what the provider said; nil: it was not asked.
    static func serviceToken(_ template: String, _ outcome: TokenOutcome?) {
        serviceTokens[TemplateKey(template, word(outcome))].increment()
    }

    /// Counts a request for a role's credentials by why there are none; nil: there are.
    static func roleCredentials(_ template: String, _ failure: AssumeRole.Failure?) {
        let word =
            switch failure {
            case nil: "granted"
            case .refused: "misconfigured"
            case .unavailable, .notCalled: "unavailable"
            }
        serviceTokens[TemplateKey(template, word)].increment()
    }

    private static func word(_ outcome: TokenOutcome?) -> String {
        switch outcome {
        case .granted: "granted"
        case .refused: "misconfigured"
        case .unavailable: "unavailable"
        case nil: "held_back"
        }
    }

    private static let logins = Cache<TemplateKey, Counter> {
        Counter(label: "gatehouse_logins_total", dimensions: [("template", $0.template), ("outcome", $0.word)])
    }

    /// How a login of a viewer to a provider ended.
    enum LoginOutcome: String {
        case granted
        /// The viewer, or the provider, said no at the login page.
        case declined
        /// The provider gave no tokens for the code.
        case refused
        /// The provider could not be asked.
        case unavailable
        /// Ours: the answer was not to be trusted, came too late, or could not be stored.
        case failed
    }

    /// A login on its way: what is known of it by the time it ends.
    struct Login {
        /// nil until the integration is read.
        var template: String?
        var outcome = LoginOutcome.failed
        /// A test is no viewer's login.
        var isTest = false

        func count() {
            guard !isTest else { return }
            logins[TemplateKey(template, outcome.rawValue)].increment()
        }
    }

    // MARK: People and content

    private static let signIns = Cache<String, Counter> {
        Counter(label: "gatehouse_sign_ins_total", dimensions: [("outcome", $0)])
    }

    /// Counts an attempt to sign in; nil: it worked.
    public static func signIn(_ refusal: Refusal?) {
        let word =
            switch refusal?.code {
            case nil: "signed_in"
            case .authenticationRequired, .userLocked: "rejected"
            case .tooManyRequests: "limited"
            default: "failed"
            }
        signIns[word].increment()
    }

    private static let answers = Cache<String, Counter> {
        Counter(label: "gatehouse_gateway_answers_total", dimensions: [("answer", $0)])
    }

    /// Counts an answer of the gateway; nil: there was none.
    static func gateway(_ answer: Gateway.Answer?) {
        let word =
            switch answer {
            case .allowed: "allowed"
            case .signIn: "sign_in"
            case .logIn: "log_in"
            case .forbidden: "forbidden"
            case .unknown: "unknown"
            case .noUpstream: "no_upstream"
            case nil: "failed"
            }
        answers[word].increment()
    }
}

extension Timer {
    /// Records how long something took.
    public func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
