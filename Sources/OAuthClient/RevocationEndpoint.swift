public import Cryptography
public import HTTPClient

/// What kind of token is to be revoked (RFC 7009 section 2.1).
public enum TokenTypeHint: String, Sendable, Hashable, CaseIterable {
    /// An access token.
    case accessToken = "access_token"
    /// A refresh token; most servers end the access tokens that came of it too.
    case refreshToken = "refresh_token"
}

/// What came of asking for a token's end.
public enum RevocationOutcome: Sendable, Hashable {
    /// The token is worth nothing any more, or never was.
    case done
    /// The provider, or the policy for outbound calls, said no, and would say so again. The message is a sentence of at
    /// most 300 characters without secrets; untrusted text.
    case refused(message: String)
    /// No answer that means anything: ask again later, not before `retryAfter` where the provider gave one. Asking twice
    /// does no harm. The message is as that of a refusal.
    case unavailable(retryAfter: Duration?, message: String)
}

/// A revocation endpoint and who we are there (RFC 7009).
public struct RevocationEndpoint: Sendable {
    /// Where requests go.
    public let url: OutboundURL
    /// How we prove who we are: as at the token endpoint. With a private key they should name the audience.
    public let credentials: ClientCredentials
    private let now: @Sendable () -> Int64

    /// An endpoint. `now` gives seconds since 1970 for what is signed.
    public init(url: OutboundURL, credentials: ClientCredentials, now: @escaping @Sendable () -> Int64) {
        self.url = url
        self.credentials = credentials
        self.now = now
    }

    /// Asks for a token's end, once.
    public func revoke(
        _ token: SecretString, hint: TokenTypeHint, over transport: any HTTPTransport
    ) async -> RevocationOutcome {
        let parameters = [(name: "token", value: token.reveal()), ("token_type_hint", hint.rawValue)]
        let request: OutboundRequest
        let reader: RevocationAnswer
        do throws(CryptographyError) {
            let made = try credentials.request(to: url, parameters, now: now())
            request = made.request
            reader = RevocationAnswer(secrets: [token.reveal()] + made.secrets)
        } catch {
            return .refused(message: ProviderRefusal.unsigned.message)
        }
        do throws(OutboundError) {
            let response = try await transport.send(request)
            return await transport.read(response) { reader.outcome(of: $0) }
        } catch {
            return reader.outcome(of: error)
        }
    }
}
