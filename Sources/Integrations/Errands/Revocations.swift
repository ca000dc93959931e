import Accounts
import Cryptography
import HTTPClient
import JSON
import Logging
import OAuthClient
import Storage

/// Has the tokens of sessions that ended revoked at their providers (RFC 7009): the refresh token first, for it is worth most.
struct Revocations: Sendable {
    static let backoff = Backoff(shortest: 1, longest: 60 * 60, patience: .seconds(24 * 60 * 60))

    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    let backoff: Backoff

    /// What came of asking a provider once.
    enum Verdict {
        /// Both tokens are worth nothing any more.
        case done
        /// The refresh token is; the access token is still to be asked for.
        case refreshTokenDone
        /// Ask again then.
        case again(Timestamp)
        /// It is given up, and why.
        case over(EventRecord.Outcome, String)
        /// It was broken off.
        case none
    }

    /// Asks for the end of the one token whose turn it is.
    func attempt(_ revocation: RevocationRecord) async -> Verdict {
        guard let (sealed, place, hint) = next(of: revocation) else { return .done }
        let (endpoint, token): (RevocationEndpoint, SecretString)
        do throws(Refusal) {
            endpoint = try self.endpoint(revocation.integration)
            token = try open(sealed, at: place)
        } catch {
            return .over(.failure, error.message)
        }
        switch await endpoint.revoke(token, hint: hint, over: transport) {
        case .done: return hint == .refreshToken ? .refreshTokenDone : .done
        case .refused(let message): return .over(.refused, message)
        case .unavailable(let wait, let message):
            guard !Task.isCancelled else { return .none }
            let next = backoff.next(
                after: revocation.attempts + 1, since: revocation.createdAt, at: clock.now,
                asked: wait?.components.seconds)
            return next.map(Verdict.again)
                ?? .over(.failure, "The provider gave no usable answer for too long. \(message)")
        }
    }

    /// What the audit says in the end.
    func event(_ revocation: RevocationRecord, _ outcome: EventRecord.Outcome, reason: String? = nil) -> EventRecord {
        var details: JSONObject = [
            "user_guid": .string(revocation.userGUID.description), "name": .string(revocation.integration.name),
        ]
        if let reason { details["reason"] = .string(reason) }
        return EventRecord(
            .sessionRevoked, outcome: outcome, at: clock.now, actor: .system,
            origin: Origin(.system, address: nil, correlationID: revocation.correlationID),
            subject: revocation.sessionGUID, integration: revocation.integration.guid, details: details)
    }

    /// An access token that ended by itself meanwhile needs nobody's help.
    private func next(of revocation: RevocationRecord) -> ([UInt8], Vault.Place, TokenTypeHint)? {
        let (user, integration) = (revocation.userGUID, revocation.integration.guid)
        if let token = revocation.refreshToken { return (token, .refreshToken(user, integration), .refreshToken) }
        guard let token = revocation.accessToken, revocation.accessExpiresAt.map({ clock.now < $0 }) ?? true else {
            return nil
        }
        return (token, .accessToken(user, integration), .accessToken)
    }

    private func endpoint(_ integration: IntegrationRecord) throws(Refusal) -> RevocationEndpoint {
        let provider = try Provider(integration, policy: outbound)
        guard let url = provider.revocationEndpoint else { throw .notFound("revocation endpoint") }
        let secret = try integration.sealedSecret.map { sealed throws(Refusal) in
            try open(sealed, at: .clientSecret(integration.guid))
        }
        let now = clock
        return RevocationEndpoint(url: url, credentials: try provider.credentials(secret: secret)) { now.now.seconds }
    }

    private func open(_ sealed: [UInt8], at place: Vault.Place) throws(Refusal) -> SecretString {
        do { return try account.vault.open(sealed, at: place) } catch {
            throw .unreadable("secret", error)
        }
    }
}

extension IntegrationRecord {
    /// Whether tokens of its sessions can be revoked at its provider, as it is configured now.
    func canRevoke(under policy: OutboundPolicy) -> Bool {
        (try? Provider(self, policy: policy))?.revocationEndpoint != nil
    }
}
