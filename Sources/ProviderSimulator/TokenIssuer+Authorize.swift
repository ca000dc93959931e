extension TokenIssuer {
    /// Snowflake's limit for `state`, in ASCII characters.
    private static let snowflakeStateLimit = 2048

    /// Checks an authorization request that arrives, and counts it.
    mutating func open(_ parameters: Form) throws(AuthorizationProblem) -> AuthorizationRequest {
        counters.count(.authorize)
        if let state = parameters["state"] { ledger.states.append(state) }
        do throws(AuthorizationProblem) {
            return try check(parameters)
        } catch {
            counters.count(.authorizeRefused)
            throw error
        }
    }

    /// Checks an authorization request the way the vendor does (RFC 6749, 4.1.1; PKCE: RFC 7636, 4.3). The login form
    /// brings it a second time, in fields that the browser could have changed.
    func check(_ parameters: Form) throws(AuthorizationProblem) -> AuthorizationRequest {
        guard !parameters.hasDuplicates else { throw .page("A parameter was given twice.") }
        guard let client = parameters["client_id"].flatMap({ clients[$0] }) else {
            throw .page("This client is not registered here.")
        }
        guard let redirectURI = parameters["redirect_uri"], client.redirectURIs.contains(redirectURI) else {
            throw .page("The redirect_uri is not registered for this client.")
        }
        let scopes = parameters["scope"].map(Self.scopes(in:)) ?? []
        do throws(OAuthRefusal) {
            try checkForm(parameters)
            try checkScopes(scopes, of: client)
        } catch {
            throw .redirect(error, to: redirectURI, state: parameters["state"])
        }
        let granted = scopes.filter { !settings.withheldScopes.contains($0) }
        return AuthorizationRequest(
            clientID: client.id, redirectURI: redirectURI, state: parameters["state"], scopes: granted,
            codeChallenge: parameters["code_challenge"], nonce: parameters["nonce"],
            wantsRefreshToken: !kind.refreshScopes.isDisjoint(with: granted) || asksForOfflineAccess(parameters))
    }

    private func checkForm(_ parameters: Form) throws(OAuthRefusal) {
        guard parameters["response_type"] == "code" else {
            throw OAuthRefusal(.unsupportedResponseType, "response_type must be code")
        }
        if let challenge = parameters["code_challenge"] {
            guard parameters["code_challenge_method"] == "S256" else {
                throw OAuthRefusal(.invalidRequest, "code_challenge_method must be S256")
            }
            guard challenge.utf8.count == 43 else {
                throw OAuthRefusal(.invalidRequest, "code_challenge is not a SHA-256 in base64url")
            }
        } else if settings.requirePKCE {
            throw OAuthRefusal(.invalidRequest, "code_challenge is missing")
        }
        if kind == .snowflake, let state = parameters["state"],
            state.utf8.count > Self.snowflakeStateLimit || !state.utf8.allSatisfy({ $0 < 0x80 })
        {
            throw OAuthRefusal(.invalidRequest, "state is longer than 2048 ASCII characters")
        }
    }

    private func checkScopes(_ scopes: [String], of client: RegisteredClient) throws(OAuthRefusal) {
        if let allowed = client.allowedScopes, !allowed.isSuperset(of: scopes) {
            throw OAuthRefusal(.invalidScope, "The client may not ask for one of these scopes")
        }
        guard kind == .snowflake else { return }
        let roles = scopes.filter { $0.hasPrefix("session:role:") }
        guard roles.count <= 1 else { throw OAuthRefusal(.invalidScope, "Only one session:role is allowed") }
        guard scopes.allSatisfy({ $0 == "refresh_token" || $0.hasPrefix("session:role:") }) else {
            throw OAuthRefusal(.invalidScope, "The scope is unknown: refresh_token and session:role:NAME are allowed")
        }
    }

    /// Google's parameter in place of a scope.
    private func asksForOfflineAccess(_ parameters: Form) -> Bool {
        kind == .generic && parameters["access_type"] == "offline"
    }

    static func scopes(in text: String) -> [String] {
        text.split(separator: " ").map(String.init)
    }

    /// Where the browser goes with the code, or with an error.
    func callback(to redirectURI: String, state: String?, origin: String, result: Result<String, OAuthRefusal>)
        -> String
    {
        var parameters = Form()
        switch result {
        case .success(let code): parameters.append("code", code)
        case .failure(let refusal):
            parameters.append("error", refusal.code.rawValue)
            parameters.append("error_description", refusal.sentence)
        }
        parameters.append("state", state)
        if settings.sendIssuer { parameters.append("iss", issuer(origin: origin)) }
        return redirectURI + (redirectURI.contains("?") ? "&" : "?") + parameters.encoded
    }
}
