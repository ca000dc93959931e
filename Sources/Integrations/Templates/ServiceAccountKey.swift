import Accounts
import Cryptography
import JSON
import OAuthClient

/// The key of a Google service account, read from the JSON that Google gives.
///
/// Its `token_uri` is not used: a key that somebody doctored would send assertions elsewhere.
/// <https://developers.google.com/identity/protocols/oauth2/service-account>
struct ServiceAccountKey: Sendable {
    /// Who the service account is: `iss` of its assertions.
    let clientEmail: String
    /// Which of the account's keys it is: `kid`.
    let keyID: String?
    let privateKey: PrivateKey

    /// - Throws: `Refusal` 228 naming the field and what is missing; nothing of the key is repeated.
    init(_ json: SecretString, field: String) throws(Refusal) {
        func wrong(_ sentence: String) -> Refusal {
            .invalid(field, "\(field) \(sentence)", code: .templateConfig)
        }
        guard let object = (try? JSON.parse([UInt8](json.reveal().utf8)))?.objectValue else {
            throw wrong("must be the JSON of a service account's key, as Google gave it.")
        }
        guard object["type"]?.stringValue == "service_account" else {
            throw wrong("is no key of a service account: its type must be service_account.")
        }
        guard let email = object["client_email"]?.stringValue, (3...254).contains(email.utf8.count),
            email.contains("@"), email.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw wrong("has no usable client_email: create the key anew at Google.") }
        guard let pem = object["private_key"]?.stringValue, let key = try? PrivateKey(pem: SecretString(pem)),
            key.algorithm == .rs256
        else {
            throw wrong("has no usable private_key: create the key anew at Google.")
        }
        clientEmail = email
        keyID = object["private_key_id"]?.stringValue
        privateKey = key
    }

    /// What the service account presents at the token endpoint (RFC 7523, section 2.1).
    ///
    /// - Throws: `CryptographyError` when libcrypto cannot sign.
    func assertion(
        scopes: String, audience: String, lifetime: Int64 = 3600, now: Int64
    ) throws(CryptographyError) -> SecretString {
        try JWT.sign(
            claims: [
                "iss": .string(clientEmail), "scope": .string(scopes), "aud": .string(audience), "iat": .integer(now),
                "exp": .integer(now + lifetime),
            ],
            key: privateKey, keyID: keyID
        )
    }
}
