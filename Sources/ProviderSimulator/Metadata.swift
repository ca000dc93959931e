import JSON

/// Where a client looks for an authorization server's metadata.
enum MetadataPlace: String, Sendable, CaseIterable {
    /// RFC 8414, section 3.1: the well-known name before the issuer's path.
    case inserted
    /// RFC 8414's name after the path, as Databricks has it.
    case appended
    /// OpenID Connect Discovery.
    case openid

    /// The path below the origin.
    func path(issuerPath: String) -> String {
        switch self {
        case .inserted: "/.well-known/oauth-authorization-server" + issuerPath
        case .appended: issuerPath + "/.well-known/oauth-authorization-server"
        case .openid: issuerPath + "/.well-known/openid-configuration"
        }
    }
}

/// What may be wrong with a metadata document.
enum MetadataLie: String, Sendable {
    /// It is about another issuer: the lever of a mix-up.
    case issuer
    /// It is somewhere else.
    case redirect
    /// Ten MiB, all of it valid JSON.
    case tooLarge = "too_large"
    /// Its token endpoint is at an address that nobody may call: the cloud's metadata service.
    case refusedEndpoint = "refused_endpoint"
    case noTokenEndpoint = "no_token_endpoint"
    case notJSON = "not_json"
}

extension Settings {
    private static let tooLargeByteCount = 10 * 1024 * 1024

    /// The generic provider's metadata (RFC 8414, section 2; OpenID Connect Discovery), bent as the lie says.
    func genericMetadata(origin: String) -> JSON {
        let paths = origin + Kind.generic.issuerPath
        var metadata: JSONObject = [
            "issuer": .string(metadataLie == .issuer ? "https://idp.example.com/tenant" : issuerOverride ?? paths),
            "authorization_endpoint": .string("\(paths)/authorize"),
            "token_endpoint": .string("\(paths)/token"),
            "userinfo_endpoint": .string("\(paths)/userinfo"),
            "jwks_uri": .string("\(paths)/jwks"),
            "response_types_supported": ["code"],
            "grant_types_supported": [
                "authorization_code", "refresh_token", "client_credentials",
                .string(TokenIssuer.assertionGrantType),
            ],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["email", "offline_access", "openid", "profile", "read"],
            "token_endpoint_auth_methods_supported": .array(ClientMethod.allCases.map { .string($0.rawValue) }),
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
            "id_token_signing_alg_values_supported": ["HS256"],
            "subject_types_supported": ["public"],
        ]
        if offerRevocation { metadata["revocation_endpoint"] = .string("\(paths)/revoke") }
        if advertiseIssuer { metadata["authorization_response_iss_parameter_supported"] = true }
        switch metadataLie {
        case .refusedEndpoint: metadata["token_endpoint"] = "https://169.254.169.254/tenant/token"
        case .noTokenEndpoint: metadata["token_endpoint"] = nil
        case .tooLarge:
            metadata["service_documentation"] = .string(String(repeating: "x", count: Self.tooLargeByteCount))
        case .issuer, .redirect, .notJSON, nil: break
        }
        return .object(metadata)
    }
}
