public import Cryptography
public import JSON

extension IDToken {
    /// What a signed token says.
    public struct Statement: Sendable {
        /// The claims that every token has, and the usual ones.
        public let claims: Claims
        /// All claims, as they are.
        public let all: JSONObject
    }

    /// Checks a token and its signature (OpenID Connect Core section 3.1.3.7, RFC 7515 section 5.2).
    ///
    /// Only signatures by a published key count: RS256, PS256 and ES256. An algorithm with a shared secret (HS256) would
    /// make a verifier of everybody a signer, and is refused like none.
    ///
    /// - Throws: `unknownKey` where fetching the keys anew may help.
    public static func verify(
        _ token: SecretString, signedBy keys: KeySet, issuer: String, clientID: String, nonce: String, now: Int64,
        leeway: Int64 = IDToken.leeway
    ) throws(IDTokenError) -> Statement {
        let parts = try parts(of: token)
        guard let algorithm = KeySet.Algorithm(rawValue: parts.algorithm) else { throw IDTokenError(.algorithm) }
        // What we do not understand and must (RFC 7515 section 4.1.11); there is nothing that we do.
        guard parts.header["crit"] == nil else { throw IDTokenError(.malformed) }
        let name = parts.header["kid"]
        guard name == nil || name?.stringValue != nil else { throw IDTokenError(.malformed) }
        let candidates = keys.keys(named: name?.stringValue, for: algorithm)
        guard !candidates.isEmpty else { throw IDTokenError(.unknownKey) }
        let isSigned = candidates.contains { key in
            key.isValid(signature: parts.signature, for: parts.signed, isPSS: algorithm == .ps256)
        }
        guard isSigned else { throw IDTokenError(.signature) }
        let claims = try check(
            parts.claims, issuer: issuer, clientID: clientID, nonce: nonce, now: now, leeway: leeway)
        return Statement(claims: claims, all: parts.claims)
    }
}
