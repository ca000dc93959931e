public import Cryptography
public import HTTPClient

/// A token endpoint and who we are there (RFC 6749 section 3.2).
public struct TokenEndpoint: Sendable {
    /// Where requests go.
    public let url: OutboundURL
    /// How we prove who we are.
    public let credentials: ClientCredentials

    /// An endpoint.
    public init(url: OutboundURL, credentials: ClientCredentials) {
        self.url = url
        self.credentials = credentials
    }

    /// Turns an authorization code into tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    ///
    /// `redirectURI` must be the one of the authorization request, to the letter.
    public func exchangeCode(
        _ code: SecretString, verifier: SecretString?, redirectURI: String, over transport: any HTTPTransport
    ) async -> TokenOutcome {
        var parameters = [
            ("grant_type", "authorization_code"), ("code", code.reveal()), ("redirect_uri", redirectURI),
        ]
        if let verifier { parameters.append(("code_verifier", verifier.reveal())) }
        return await request(parameters, secrets: [code, verifier], isRefresh: false, over: transport)
    }

    /// Turns a refresh token into new tokens (RFC 6749 section 6). The token may be dead afterwards, whatever the
    /// outcome, unless the outcome says that the request was not processed.
    public func refresh(
        _ refreshToken: SecretString, scope: String? = nil, over transport: any HTTPTransport
    ) async -> TokenOutcome {
        var parameters = [("grant_type", "refresh_token"), ("refresh_token", refreshToken.reveal())]
        if let scope, !scope.isEmpty { parameters.append(("scope", scope)) }
        return await request(parameters, secrets: [refreshToken], isRefresh: true, over: transport)
    }

    private func request(
        _ parameters: [(String, String)], secrets: [SecretString?], isRefresh: Bool, over transport: any HTTPTransport
    ) async -> TokenOutcome {
        let authentication = credentials.authentication()
        let request = OutboundRequest(
            method: .post,
            url: url,
            headers: authentication.headers + [
                ("Accept", "application/json"), ("Content-Type", FormEncoding.contentType),
            ],
            body: FormEncoding.encode(parameters.map { (name: $0.0, value: $0.1) } + authentication.parameters)
        )
        // Whatever we send must not come back to a log by way of the provider's error text.
        let reader = TokenAnswer(
            isRefresh: isRefresh,
            secrets: (secrets + [credentials.secret]).compactMap { $0?.reveal() }
                + authentication.headers.map { String($0.value.drop { $0 != " " }.dropFirst()) }
        )
        do {
            return reader.outcome(of: try await transport.send(request))
        } catch {
            // A connection that failed before a byte was sent is tried once more; anything later would present a
            // code or refresh token twice.
            guard error.code == .notConnected, !error.mayHaveBeenSent else { return reader.outcome(of: error) }
        }
        do {
            return reader.outcome(of: try await transport.send(request))
        } catch {
            return reader.outcome(of: error)
        }
    }
}
