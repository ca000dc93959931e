public import Cryptography

/// The address that a browser is sent to for a login (RFC 6749 section 4.1.1, RFC 7636 section 4.3, OpenID Connect
/// Core section 3.1.2.1).
public enum AuthorizationRequest {
    /// The authorization endpoint with the request's parameters behind whatever query it already has.
    ///
    /// A parameter of the endpoint's own query is dropped when the request sets the same name: a parameter sent twice
    /// is read differently by different servers. Likewise `additional` cannot override the protocol's parameters.
    public static func url(
        endpoint: String, clientID: String, redirectURI: String, scopes: String, state: SecretString,
        challenge: String?, nonce: String? = nil, additional: [(String, String)] = []
    ) -> String {
        var parameters: [(name: String, value: String)] = [
            ("response_type", "code"), ("client_id", clientID), ("redirect_uri", redirectURI),
        ]
        if !scopes.isEmpty { parameters.append(("scope", scopes)) }
        parameters.append(("state", state.reveal()))
        if let challenge {
            parameters.append(("code_challenge", challenge))
            parameters.append(("code_challenge_method", PKCE.method))
        }
        if let nonce { parameters.append(("nonce", nonce)) }
        for (name, value) in additional where !reserved.contains(name) {
            parameters.append((name, value))
        }
        let names = Set(parameters.map(\.name))
        let question = endpoint.firstIndex(of: "?") ?? endpoint.endIndex
        let kept = endpoint[question...].dropFirst().split(separator: "&").filter { pair in
            let name = FormEncoding.decode(pair.prefix { $0 != "=" })
            guard let name, FormEncoding.decode(pair) != nil else { return false }
            return !names.contains(name) && !reserved.contains(name)
        }
        let query = kept.map(String.init) + [FormEncoding.encodeQuery(parameters)]
        return endpoint[..<question] + "?" + query.joined(separator: "&")
    }

    private static let reserved: Set<String> = [
        "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
        "nonce", "response_mode", "request", "request_uri",
    ]
}
