import Accounts
import HTTPClient
import OAuthClient
import Storage

/// The circuit of a provider's host, for calls that belong to no OAuth session yet: logins, sign-ins, AWS.
///
/// It is the one that refreshes pass too (`RefreshGates`), so a provider that does not answer is left alone by all of them.
struct HostCircuit {
    private let hosts: CircuitBreaker
    private let name: String

    init(_ hosts: CircuitBreaker, _ url: OutboundURL, of account: OpenAccount) {
        self.hosts = hosts
        name = RefreshGates.host(url, of: account)
    }

    /// The seconds to wait before a call; nil: make it, and say how it went.
    func wait() -> Int64? { hosts.wait(name) }

    /// The host answered.
    func succeed() { hosts.succeed(name) }

    /// The host did not answer.
    func fail() { hosts.fail(name, retryAfter: nil) }

    /// Makes a call, unless the host is to be left alone.
    ///
    /// - Returns: nil where no call was made; then `seconds` says how long to wait.
    func call(_ call: () async -> TokenOutcome, heldBack: (_ seconds: Int64) -> Void) async -> TokenOutcome? {
        if let wait = hosts.wait(name) {
            heldBack(wait)
            return nil
        }
        let outcome = await call()
        switch outcome {
        case .granted, .refused: hosts.succeed(name)
        case .unavailable(let trouble):
            if trouble.tellsOfHost { hosts.fail(name, retryAfter: trouble.retryAfter) } else { hosts.release(name) }
        }
        return outcome
    }
}

extension ProviderUnavailability {
    /// Whether it says something about the provider's host. A limit is the client's own trouble, and a call that was not
    /// made says nothing.
    var tellsOfHost: Bool { ![.rateLimited, .noPlace, .cancelled].contains(reason) }
}
