import Cryptography
import JSON

/// Makes the strings: as long and of the same look as the real ones, so that what stores and carries them is tried.
enum TokenMint {
    /// Random bytes that bring a Databricks access token to about 880 characters, as the real ones have.
    private static let databricksPaddingByteCount = 335

    static func code(_ kind: Kind) -> String {
        switch kind {
        case .databricks: "dcod" + Hex.encode(SecureRandom.bytes(32))
        case .snowflake: Hex.encode(SecureRandom.bytes(20)).uppercased()
        case .generic: "code-" + Base64URL.encode(SecureRandom.bytes(32))
        }
    }

    static func accessToken(_ kind: Kind, clientID: String, scopes: [String], now: Int64, expires: Int64) -> String {
        switch kind {
        case .databricks:
            signed(
                [
                    "client_id": .string(clientID), "scope": .string(scopes.joined(separator: " ")),
                    "iat": .integer(now), "exp": .integer(expires),
                    "jti": .string(Base64URL.encode(SecureRandom.bytes(databricksPaddingByteCount))),
                ], type: "at+jwt", key: SecretBytes.random(32))
        case .snowflake: snowflakeToken()
        case .generic: "at-" + Base64URL.encode(SecureRandom.bytes(48))
        }
    }

    static func refreshToken(_ kind: Kind) -> String {
        switch kind {
        case .databricks: "doau" + Hex.encode(SecureRandom.bytes(32))
        case .snowflake: snowflakeToken()
        case .generic: "rt-" + Base64URL.encode(SecureRandom.bytes(48))
        }
    }

    /// An id_token, signed HS256 with the client's secret; a public client has none, so nobody can check its.
    static func idToken(claims: JSON, clientSecret: String?) -> String {
        signed(claims, type: "JWT", key: clientSecret.map { SecretBytes($0.utf8) } ?? .random(32))
    }

    private static func snowflakeToken() -> String {
        let hint = UInt64.random(in: 1_000_000...99_999_999)
        return "ver:1-hint:\(hint)-ETMsDgAA\(Base64.encode(SecureRandom.bytes(150)))"
    }

    private static func signed(_ claims: JSON, type: String, key: SecretBytes) -> String {
        let header: JSON = ["alg": "HS256", "typ": .string(type)]
        let content = Base64URL.encode(header.serialized()) + "." + Base64URL.encode(claims.serialized())
        return content + "." + Base64URL.encode(HMACSHA256.authenticate(content.utf8, key: key))
    }
}
