import Accounts
import Cryptography
import JSON

/// The kinds of secret by which an integration proves who it is. One of them is effective.
enum SecretForm: Sendable {
    /// A secret shared with the provider.
    case clientSecret
    /// A private key in PEM (RFC 7523).
    case privateKey
    /// The JSON of a Google service account's key.
    case googleKey

    private static let maximumSecret = 2048
    private static let maximumKey = 16 * 1024

    /// The secret, where what was sent has the form of one. What is wrong is told without repeating any of it.
    func checked(_ value: JSON, name: String) throws(Refusal) -> SecretString {
        switch self {
        case .clientSecret:
            guard let text = value.stringValue, (1...Self.maximumSecret).contains(text.utf8.count),
                text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else {
                throw .invalid(
                    name, "\(name) must be 1 to \(Self.maximumSecret) printable ASCII characters.", code: .clientSecret
                )
            }
            return SecretString(text)
        case .privateKey:
            let form = "must be a private key in PEM: RSA of 2048 bits at least or EC P-256, without a pass phrase."
            guard let text = value.stringValue, text.utf8.count <= Self.maximumKey else {
                throw .invalid(name, "\(name) \(form)", code: .templateConfig)
            }
            let pem = SecretString(text)
            guard (try? PrivateKey(pem: pem)) != nil else {
                throw .invalid(name, "\(name) \(form)", code: .templateConfig)
            }
            return pem
        case .googleKey:
            // A client may send the file's object as it is.
            let text = value.objectValue == nil ? value.stringValue : value.text()
            guard let text, text.utf8.count <= Self.maximumKey else {
                throw .invalid(
                    name, "\(name) must be the JSON of a service account's key, as Google gave it.",
                    code: .templateConfig)
            }
            let json = SecretString(text)
            _ = try ServiceAccountKey(json, field: name)
            return json
        }
    }
}
