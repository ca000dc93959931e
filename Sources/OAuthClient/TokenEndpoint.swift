public import Cryptography
public import HTTPClient

/// A token endpoint and who we are there (RFC 6749 section 3.2).
public struct TokenEndpoint: Sendable {
    /// Where requests go.
    public let url: OutboundURL
    /// How we prove who we are.
    public let credentials: ClientCredentials
    private let now: @Sendable () -> Int64

    /// An endpoint. `now` gives seconds since 1970 for what is signed.
    public init(url: OutboundURL, credentials: ClientCredentials, now: @escaping @Sendable () -> Int64) {
        self.url = url
        self.credentials = credentials
        self.now = now
    }

    /// Turns an authorization code into tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    ///
    /// `redirectURI` must be the one of the authorization request, to the letter.
    public func exchangeCode(
        _ code: SecretString, verifier: SecretString?, redirectURI: String, over transport: any HTTPTransport
    ) async -> TokenOutcome {
        var parameters = [
            (name: "grant_type", value: "authorization_code"), ("code", code.reveal()), ("redirect_uri", redirectURI),
        ]
        if let verifier { parameters.append(("code_verifier", verifier.reveal())) }
        return await request(parameters, secrets: [code, verifier], over: transport)
    }

    /// Turns a refresh token into new tokens (RFC 6749 section 6). The token may be dead afterwards, whatever the
    /// outcome, unless the outcome says that the request was not processed.
    public func refresh(
        _ refreshToken: SecretString, scope: String? = nil, over transport: any HTTPTransport
    ) async -> TokenOutcome {
        var parameters = [(name: "grant_type", value: "refresh_token"), ("refresh_token", refreshToken.reveal())]
        if let scope, !scope.isEmpty { parameters.append(("scope", scope)) }
        return await request(parameters, secrets: [refreshToken], isRefresh: true, over: transport)
    }

    func request(
        _ parameters: [(name: String, value: String)], secrets: [SecretString?], isRefresh: Bool = false,
        over transport: any HTTPTransport
    ) async -> TokenOutcome {
        let sent = secrets.compactMap { $0?.reveal() }
        // A connection that failed before a byte was sent is tried once more; anything later would present a code or
        // refresh token twice.
        let first = await attempt(parameters, secrets: sent, isRefresh: isRefresh, over: transport)
        guard first.isWorthAnother else { return first.outcome }
        return await attempt(parameters, secrets: sent, isRefresh: isRefresh, over: transport).outcome
    }

    private func attempt(
        _ parameters: [(name: String, value: String)], secrets: [String], isRefresh: Bool,
        over transport: any HTTPTransport
    ) async -> (outcome: TokenOutcome, isWorthAnother: Bool) {
        let request: OutboundRequest
        // Whatever we send must not come back to a log by way of the provider's error text.
        let reader: TokenAnswer
        do throws(CryptographyError) {
            let made = try credentials.request(to: url, parameters, now: now())
            request = made.request
            reader = TokenAnswer(isRefresh: isRefresh, secrets: secrets + made.secrets)
        } catch {
            return (.refused(.unsigned), false)
        }
        do throws(OutboundError) {
            let response = try await transport.send(request)
            return (await transport.read(response) { reader.outcome(of: $0) }, false)
        } catch {
            return (reader.outcome(of: error), error.code == .notConnected && !error.mayHaveBeenSent)
        }
    }
}

extension ProviderRefusal {
    /// The private key does not sign. It is the client's fault, not the provider's, which was not asked: calling it
    /// unavailable would close its circuit for everybody else.
    static let unsigned = ProviderRefusal(
        kind: .invalidClient, message: "The client's private key cannot sign. Nothing was sent.", status: 0,
        effect: .integration, reason: "integration_misconfigured")
}
