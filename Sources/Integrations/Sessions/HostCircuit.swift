import Accounts
import HTTPClient
import OAuthClient
import Storage

/// The circuit of a provider's host, for calls that belong to no OAuth session yet: logins, sign-ins, AWS.
///
/// Refreshes pass another one (`RefreshGates`). Whoever logs in chooses the code that is sent, and a provider that fails at such
/// a code must not keep other people's tokens from being refreshed.
struct HostCircuit {
    private let hosts: CircuitBreaker
    private let name: String

    init(_ hosts: CircuitBreaker, _ url: OutboundURL, of account: OpenAccount) {
        self.hosts = hosts
        name = "login \(RefreshGates.host(url, of: account))"
    }

    /// What came of a call.
    enum Outcome<Answer> {
        case called(Answer)
        /// The host is left alone for so many seconds, because of what the last call said.
        case heldBack(seconds: Int64, cause: String?)
    }

    /// Makes a call, unless the host is to be left alone.
    ///
    /// - Parameter trouble: why an answer is none; nil where the host answered, whatever it said.
    func call<Answer>(
        _ call: () async -> Answer, trouble: (Answer) -> ProviderUnavailability?
    ) async -> Outcome<Answer> {
        if let wait = hosts.wait(name) { return .heldBack(seconds: wait, cause: hosts.cause(name)) }
        let answer = await call()
        switch trouble(answer) {
        case nil: hosts.succeed(name)
        case .some(let trouble) where trouble.isHostFailure:
            hosts.fail(name, retryAfter: trouble.retryAfter, cause: trouble.message)
        default: hosts.release(name)
        }
        return .called(answer)
    }

    /// The same for a token endpoint.
    func call(_ call: () async -> TokenOutcome) async -> Outcome<TokenOutcome> {
        await self.call(call) { if case .unavailable(let trouble) = $0 { trouble } else { nil } }
    }
}

extension ProviderUnavailability {
    /// Whether a provider was called and left alone with the call: not where the call was not made, or broken off by us.
    var isOfProvider: Bool { reason != .noPlace && reason != .cancelled }

    /// Whether the provider's host is in trouble. A limit is the client's own trouble, and a strange answer to one request is
    /// no reason to spare the host the other requests.
    var isHostFailure: Bool {
        switch reason {
        case .notConnected, .tls, .refusedAddress, .noAnswer, .serverError: true
        case .noPlace, .cancelled, .rateLimited, .unintelligible, .unexplained, .tooLarge: false
        }
    }

    /// Whether it may be over by itself in a moment; otherwise somebody has to be told at once.
    var isPassing: Bool {
        switch reason {
        case .notConnected, .noPlace, .noAnswer, .rateLimited, .serverError, .cancelled: true
        case .unintelligible, .unexplained, .tls, .refusedAddress, .tooLarge: false
        }
    }
}
