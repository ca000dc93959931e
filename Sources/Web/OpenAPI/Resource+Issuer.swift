import Accounts

extension Resource {
    static let issuer = Resource(
        "issuer", "Each account as an OpenID provider, for services that trust what it signs.",
        schemas: [
            "Discovery": .object([
                "issuer": .address, "jwks_uri": .address, "authorization_endpoint": .address,
                "response_types_supported": .list(of: .text), "subject_types_supported": .list(of: .text),
                "id_token_signing_alg_values_supported": .list(of: .text), "claims_supported": .list(of: .text),
            ]),
            "KeySet": .object([
                "keys": .list(
                    of: .object([
                        "kty": .text, "n": .text, "e": .text, "kid": .text, "use": .text, "alg": .text,
                    ]))
            ]),
        ],
        [
            Operation(
                .get, "/accounts/{account}/.well-known/openid-configuration", "The issuer's metadata", for: .anyone,
                answers: .json(.ref("Discovery"))),
            Operation(
                .get, "/.well-known/openid-configuration/accounts/{account}",
                "The issuer's metadata, where RFC 8414 has it", for: .anyone, answers: .json(.ref("Discovery"))),
            Operation(
                .get, "/accounts/{account}/oidc/jwks", "The keys that sign", for: .anyone,
                answers: .json(.ref("KeySet"))),
            Operation(
                .get, "/.well-known/openid-configuration", "Says where the accounts' metadata is", for: .anyone,
                refusals: [.objectDoesNotExist]),
        ]
    )
}
