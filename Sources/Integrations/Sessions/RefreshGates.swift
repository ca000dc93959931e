import HTTPClient
import OAuthClient
import Storage

/// The circuits that a refresh has to pass: the provider's host, then the integration, then the session. Whoever is let in
/// tells each of them how it went, or gives its place back.
struct RefreshGates {
    private let hosts: CircuitBreaker
    private let own: CircuitBreaker
    private let host: String
    private let integration: String
    private let session: String

    init(hosts: CircuitBreaker, own: CircuitBreaker, host: String, integration: GUID, holder: String) {
        self.hosts = hosts
        self.own = own
        self.host = host
        self.integration = "integration \(integration)"
        session = holder
    }

    init(hosts: CircuitBreaker, own: CircuitBreaker, host: String, session: OAuthSessionRecord) {
        self.init(
            hosts: hosts, own: own, host: host, integration: session.integrationGUID,
            holder: "session \(session.guid)")
    }

    /// The name of a host's circuit. Each account has its own: a custom integration can ask any page of a vendor's host, and
    /// what that answers must not keep other accounts from the vendor's tokens.
    static func host(_ url: OutboundURL, of account: OpenAccount) -> String { "\(account.slug) \(url.authority)" }

    /// A circuit that is open.
    struct Pause {
        /// In seconds.
        let wait: Int64
        /// Why the last call failed.
        let cause: String?
    }

    /// The first circuit that is open; nil: go on.
    func enter() -> Pause? {
        if let wait = hosts.wait(host) { return Pause(wait: wait, cause: hosts.cause(host)) }
        if let wait = own.wait(integration) {
            hosts.release(host)
            return Pause(wait: wait, cause: own.cause(integration))
        }
        if let wait = own.wait(session) {
            hosts.release(host)
            own.release(integration)
            return Pause(wait: wait, cause: own.cause(session))
        }
        return nil
    }

    /// Nothing was asked after all.
    func leave() {
        hosts.release(host)
        own.release(integration)
        own.release(session)
    }

    /// The provider answered as it should, whatever it said about the token.
    func answered() {
        hosts.succeed(host)
        own.succeed(integration)
        own.succeed(session)
    }

    /// The provider refuses the client: no other session of the integration fares better.
    func refusedClient(_ cause: String) {
        hosts.succeed(host)
        own.fail(integration, retryAfter: nil, cause: cause)
        own.release(session)
    }

    /// The provider answered, and its answer is the trouble of this session alone.
    func refusedSession(_ cause: String) {
        hosts.succeed(host)
        own.release(integration)
        own.fail(session, retryAfter: nil, cause: cause)
    }

    /// No usable answer. A limit is the client's own trouble; everything else may be the host's.
    func failed(_ trouble: ProviderUnavailability) {
        guard trouble.isOfProvider else { return leave() }
        if trouble.reason == .rateLimited {
            hosts.release(host)
            own.fail(integration, retryAfter: trouble.retryAfter, cause: trouble.message)
            own.release(session)
        } else {
            if trouble.isHostFailure {
                hosts.fail(host, retryAfter: trouble.retryAfter, cause: trouble.message)
            } else {
                hosts.succeed(host)
            }
            own.release(integration)
            own.fail(session, retryAfter: trouble.retryAfter, cause: trouble.message)
        }
    }
}
