public import Cryptography
public import HTTPClient

extension TokenEndpoint {
    /// Gets a token for the client itself (RFC 6749 section 4.4).
    ///
    /// - Parameters:
    ///   - scope: nil or empty leaves it to the provider.
    ///   - audience: the API that the token is for, where a provider has this parameter (Auth0); nil
    ///     or empty leaves it out.
    ///   - additional: further parameters of the provider. They cannot override those of the protocol, and of two with
    ///     one name the first counts: a parameter sent twice is read differently by different servers.
    public func clientCredentials(
        scope: String?, audience: String? = nil, additional: [(String, String)] = [],
        over transport: any HTTPTransport
    ) async -> TokenOutcome {
        var parameters = [(name: "grant_type", value: "client_credentials")]
        if let scope, !scope.isEmpty { parameters.append(("scope", scope)) }
        if let audience, !audience.isEmpty { parameters.append(("audience", audience)) }
        var names = Self.reserved.union(parameters.map(\.name))
        for (name, value) in additional where names.insert(name).inserted {
            parameters.append((name, value))
        }
        return await request(parameters, secrets: [], over: transport)
    }

    /// Turns a signed assertion into a token (RFC 7523 section 2.1). Where the assertion says by itself who asks, the
    /// credentials are ``ClientCredentials/absent``.
    public func jwtBearer(assertion: SecretString, over transport: any HTTPTransport) async -> TokenOutcome {
        let parameters = [
            (name: "grant_type", value: "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.reveal()),
        ]
        return await request(parameters, secrets: [assertion], over: transport)
    }

    private static let reserved: Set<String> = [
        "grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type",
    ]
}
