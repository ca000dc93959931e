public import Cryptography
public import JSON

/// JSON Web Tokens (RFC 7519) that are signed here.
public enum JWT {
    /// A signed token in the compact form (RFC 7515, section 7.1).
    ///
    /// Throws `libraryFailure` when libcrypto cannot sign.
    ///
    /// - Parameters:
    ///   - claims: as they are; nothing is added.
    ///   - key: also chooses `alg`.
    ///   - keyID: `kid`, by which the receiver finds the public half; nil leaves it out.
    ///   - type: `typ`.
    public static func sign(
        claims: JSONObject, key: PrivateKey, keyID: String?, type: String = "JWT"
    ) throws(CryptographyError) -> SecretString {
        var header: JSONObject = ["alg": .string(key.algorithm.rawValue), "typ": .string(type)]
        if let keyID { header["kid"] = .string(keyID) }
        let input = [header, claims].map { Base64URL.encode(JSON.object($0).serialized()) }.joined(separator: ".")
        return SecretString(input + "." + Base64URL.encode(try key.sign([UInt8](input.utf8))))
    }
}
