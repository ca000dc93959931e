import Cryptography

/// Signs deliveries in the form of Standard Webhooks (symmetric signatures, version `v1`).
enum WebhookSignature {
    /// What a secret begins with, so that people and scanners know it.
    static let secretPrefix = "whsec_"
    private static let secretLength = 32

    static func makeSecret() -> SecretString {
        SecretString(secretPrefix + Base64.encode(SecureRandom.bytes(secretLength)))
    }

    /// The value of `webhook-signature`: one signature for each secret, separated by a space.
    ///
    /// - Throws: `malformed` where a secret is none.
    static func header(
        id: String, timestamp: Int64, body: [UInt8], secrets: [SecretString]
    ) throws(CryptographyError) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        var signatures: [String] = []
        for secret in secrets {
            let text = secret.reveal()
            guard text.hasPrefix(secretPrefix), let key = Base64.decode(String(text.dropFirst(secretPrefix.count)))
            else {
                throw CryptographyError(.malformed)
            }
            let code = HMACSHA256.authenticate(signed, key: SecretBytes(key))
            signatures.append("v1," + Base64.encode(code.bytes))
        }
        return signatures.joined(separator: " ")
    }
}
