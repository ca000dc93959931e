public import Cryptography
public import HTTPClient
public import JSON

/// OpenID Connect's UserInfo (Core section 5.3): claims that an issuer keeps out of its id_tokens.
public enum UserInfo {
    /// Asks for the claims of whoever the access token is for; nil where there is no answer that can be used.
    ///
    /// - Parameter subject: `sub` of the id_token, which the answer must repeat (section 5.3.2).
    public static func fetch(
        _ url: OutboundURL, token: SecretString, subject: String, over transport: any HTTPTransport
    ) async -> JSONObject? {
        let headers = [(name: "Authorization", value: "Bearer \(token.reveal())"), ("Accept", "application/json")]
        guard let response = try? await transport.send(OutboundRequest(method: .get, url: url, headers: headers)),
            response.status == 200,
            let claims = await transport.read(response, { (try? JSON.parse($0.body))?.objectValue }),
            let named = claims["sub"]?.stringValue, constantTimeEquals(named, subject)
        else { return nil }
        return claims
    }
}
