public import Cryptography
public import HTTPClient
public import JSON

/// OpenID Connect's UserInfo (Core section 5.3): claims that an issuer keeps out of its id_tokens.
public enum UserInfo {
    /// Why there are no claims: a sentence for administrators, without secrets.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// Asks for the claims of whoever the access token is for.
    ///
    /// - Parameter subject: `sub` of the id_token, which the answer must repeat (section 5.3.2).
    public static func fetch(
        _ url: OutboundURL, token: SecretString, subject: String, over transport: any HTTPTransport
    ) async throws(Failure) -> JSONObject {
        let headers = [(name: "Authorization", value: "Bearer \(token.reveal())"), ("Accept", "application/json")]
        let response: OutboundResponse
        do throws(OutboundError) {
            response = try await transport.send(OutboundRequest(method: .get, url: url, headers: headers))
        } catch {
            throw Failure(description: error.description)
        }
        guard response.status == 200 else {
            throw Failure(description: "The UserInfo endpoint answered with status \(response.status).")
        }
        guard let claims = await transport.read(response, { $0.jsonObject }) else {
            throw Failure(description: "The answer of the UserInfo endpoint is no JSON object.")
        }
        guard let named = claims["sub"]?.stringValue, constantTimeEquals(named, subject) else {
            throw Failure(description: "The answer of the UserInfo endpoint is about another person (sub).")
        }
        return claims
    }
}
