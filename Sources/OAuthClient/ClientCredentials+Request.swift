import Cryptography
import HTTPClient
import JSON

extension ClientCredentials {
    /// How long an assertion is good, in seconds: as long as a request may be under way, and clocks may differ.
    static let assertionLifetime: Int64 = 60

    /// What RFC 7523 section 2.2 calls this kind of proof.
    static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// The header and the parameters that authenticate a request.
    struct Authentication {
        var headers: [(name: String, value: String)] = []
        var parameters: [(name: String, value: String)] = []
        /// What is sent and proves something, to be kept out of messages.
        var secrets: [String] = []
    }

    /// A form for an endpoint that authenticates its clients, and what must never come back from there to a log.
    ///
    /// Throws `CryptographyError` when the assertion cannot be signed. Each call makes a new one: it is good once.
    func request(
        to url: OutboundURL, _ parameters: [(name: String, value: String)], now: Int64
    ) throws(CryptographyError) -> (request: OutboundRequest, secrets: [String]) {
        let authentication = try authentication(at: url, now: now)
        let request = OutboundRequest(
            method: .post,
            url: url,
            headers: authentication.headers + [
                ("Accept", "application/json"), ("Content-Type", FormEncoding.contentType),
            ],
            body: FormEncoding.encode(parameters + authentication.parameters)
        )
        return (request, authentication.secrets)
    }

    /// For Basic, id and secret are form-encoded first (RFC 6749 section 2.3.1): a secret with `:` or `%` in it would
    /// otherwise be read as something else.
    private func authentication(at url: OutboundURL, now: Int64) throws(CryptographyError) -> Authentication {
        let named = clientID.isEmpty ? [] : [(name: "client_id", value: clientID)]
        if let key {
            let assertion = try assertion(by: key, at: url, now: now).reveal()
            return Authentication(
                parameters: named + [
                    ("client_assertion_type", Self.assertionType), ("client_assertion", assertion),
                ],
                secrets: [assertion]
            )
        }
        guard let secret = secret?.reveal() else { return Authentication(parameters: named) }
        if method == .post { return Authentication(parameters: named + [("client_secret", secret)], secrets: [secret]) }
        let pair = Base64.encode([UInt8]((FormEncoding.encode(clientID) + ":" + FormEncoding.encode(secret)).utf8))
        return Authentication(headers: [("Authorization", "Basic " + pair)], secrets: [secret, pair])
    }

    /// RFC 7523 section 3, with a `jti` that never repeats, so that a server can refuse one it has seen.
    private func assertion(by key: SigningKey, at url: OutboundURL, now: Int64) throws(CryptographyError)
        -> SecretString
    {
        let claims: JSONObject = [
            "iss": .string(clientID), "sub": .string(clientID), "aud": .string(key.audience ?? url.text),
            "jti": .string(Base64URL.encode(SecureRandom.bytes(16))), "iat": .integer(now),
            "exp": .integer(now + Self.assertionLifetime),
        ]
        return try JWT.sign(claims: claims, key: key.privateKey, keyID: key.keyID)
    }
}
