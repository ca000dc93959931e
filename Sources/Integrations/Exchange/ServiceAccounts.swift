import Accounts
import Cryptography
import HTTPClient
import JSON
import Logging
import OAuthClient
import Storage

/// Tokens of integrations that act as themselves (RFC 6749, section 4.4, and RFC 7523): no viewer, no refresh token.
struct ServiceAccounts: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    /// Circuits of providers' hosts.
    let hosts: CircuitBreaker
    /// Circuits of this account's integrations.
    let circuits: CircuitBreaker
    let logger: Logger
    let mint: Mint
    let activity: Activity

    init(account: OpenAccount, world: World, mint: Mint, activity: Activity) {
        self.account = account
        clock = world.clock
        outbound = world.outbound
        transport = world.transport
        hosts = world.hosts
        circuits = CircuitBreaker(threshold: 1, clock: world.monotonic)
        logger = world.logger
        self.mint = mint
        self.activity = activity
    }

    /// Whose token it is: the integration's own, so that all content that uses it shares one.
    static func key(_ integration: IntegrationRecord) -> SessionKey {
        SessionKey(user: integration.guid, integration: integration.guid)
    }

    /// A token that is not due, from memory or from the provider.
    ///
    /// - Throws: `Refusal` 241 where the provider gives none.
    func token(_ integration: IntegrationRecord, onDemand: Bool) async throws(Refusal) -> LiveToken {
        try await mint.token(Self.key(integration), version: integration.version, onDemand: onDemand) { [self] in
            do throws(Refusal) { return .success(try await request(integration).coin) } catch {
                return .failure(error)
            }
        }
    }

    /// Asks the provider whatever memory holds, to see whether the integration works.
    func verify(_ integration: IntegrationRecord) async throws(Refusal) -> TokenGrant {
        try await request(integration).grant
    }

    private func request(
        _ integration: IntegrationRecord
    ) async throws(Refusal) -> (grant: TokenGrant, coin: Mint.Coin) {
        let provider = try Provider(integration, policy: outbound)
        guard let url = provider.tokenEndpoint else {
            throw failed(integration, "This integration has no token endpoint.", "integration_misconfigured", nil)
        }
        let secret: SecretString?
        do throws(CryptographyError) {
            if let sealed = integration.sealedSecret {
                secret = try account.vault.open(sealed, at: .clientSecret(integration.guid))
            } else {
                secret = nil
            }
        } catch {
            throw .unreadable("secret", error)
        }
        let gates = RefreshGates(
            hosts: hosts, own: circuits, host: RefreshGates.host(url, of: account), integration: integration.guid,
            holder: "service account \(integration.guid)")
        if let pause = gates.enter() {
            Measurements.serviceToken(integration.template, nil)
            throw failed(
                integration, "The provider is asked again in \(pause.wait) seconds.", "provider_unavailable",
                pause.wait, cause: pause.cause)
        }
        let sentAt = clock.now
        let outcome: TokenOutcome
        do throws(Refusal) {
            outcome = try await ask(provider, at: url, secret: secret, template: integration.template)
        } catch {
            gates.leave()
            throw error
        }
        Measurements.serviceToken(integration.template, outcome)
        activity.count(outcome.isGranted ? .refreshesDone : .refreshesFailed, of: integration.guid)
        switch outcome {
        case .granted(let grant):
            gates.answered()
            return (grant, coin(grant, sentAt: sentAt, integration))
        case .refused(let refusal):
            // There is no viewer who could log in again, so whatever ends a session is for the administrator, too.
            let reason = refusal.effect == .nothing ? refusal.reason : "integration_misconfigured"
            gates.refusedClient(refusal.message)
            logger.warning(
                "the provider refuses a service account: its administrator must look at it",
                metadata: [
                    "account": "\(account.slug)", "integration": "\(integration.guid)",
                    "host": "\(url.authority)", "reason": "\(reason)", "cause": "\(refusal.message)",
                ])
            throw failed(
                integration, "The provider refuses it: \(refusal.message)", reason, nil,
                cause: refusal.message)
        case .unavailable(let trouble):
            gates.failed(trouble)
            logger.warning(
                "a provider gave no usable answer to a service account",
                metadata: [
                    "account": "\(account.slug)", "integration": "\(integration.guid)", "host": "\(url.authority)",
                    "reason": "\(trouble.reason)", "cause": "\(trouble.message)",
                ])
            throw failed(
                integration, "The provider gave no usable answer.", "provider_unavailable",
                trouble.retryAfter.map(\.components.seconds) ?? 1, cause: trouble.message)
        }
    }

    private func ask(
        _ provider: Provider, at url: OutboundURL, secret: SecretString?, template: String
    ) async throws(Refusal) -> TokenOutcome {
        let clock = clock
        switch provider.grant {
        case .clientCredentials(let audience, let additional):
            let endpoint = TokenEndpoint(url: url, credentials: try provider.credentials(secret: secret)) {
                clock.now.seconds
            }
            return await Measurements.provider(.clientCredentials, template) {
                await endpoint.clientCredentials(
                    scope: provider.scopes.isEmpty ? nil : provider.scopes, audience: audience, additional: additional,
                    over: transport)
            }
        case .jwtBearer(let audience):
            let endpoint = TokenEndpoint(
                url: url, credentials: ClientCredentials(clientID: provider.clientID, secret: nil, method: .none)
            ) { clock.now.seconds }
            let assertion = try assertion(secret, scopes: provider.scopes, audience: audience)
            return await Measurements.provider(.jwtBearer, template) {
                await endpoint.jwtBearer(assertion: assertion, over: transport)
            }
        case nil: throw Refusal(.templateConfig, "This integration does not act as itself.")
        }
    }

    private func assertion(
        _ secret: SecretString?, scopes: String, audience: String
    ) throws(Refusal) -> SecretString {
        let key = try ServiceAccountKey(secret ?? SecretString(""), field: "service_account_key")
        do throws(CryptographyError) {
            return try key.assertion(scopes: scopes, audience: audience, now: clock.now.seconds)
        } catch {
            throw Refusal(.internalFailure, "The assertion could not be signed: tell the operator of this server.")
        }
    }

    private func coin(_ grant: TokenGrant, sentAt: Timestamp, _ integration: IntegrationRecord) -> Mint.Coin {
        let lifetime = Template.lifetime(of: grant, integration)
        let margin = Template.named(integration.template)?.margin ?? .quarter
        return Mint.Coin(
            token: grant.accessToken, expiresAt: sentAt + lifetime,
            refreshAt: RefreshPolicy.refreshAt(sentAt: sentAt, lifetime: lifetime, margin: margin))
    }

    /// - Parameter cause: for the log, the audit and administrators.
    private func failed(
        _ integration: IntegrationRecord, _ sentence: String, _ reason: String, _ retryAfter: Int64?,
        cause: String? = nil
    ) -> Refusal {
        Refusal(
            .serviceAccountFailed, "The service account has no token. \(sentence)",
            payload: [
                "integration_guid": .string(integration.guid.description), "reason": .string(reason),
            ],
            retryAfter: retryAfter, cause: cause)
    }
}
