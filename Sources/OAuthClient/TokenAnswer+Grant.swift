import Cryptography
import HTTPClient
import JSON

extension TokenAnswer {
    /// A success: strict about the tokens themselves, lenient about what stands around them.
    func grant(_ fields: JSONObject, _ response: OutboundResponse) -> TokenOutcome {
        func unintelligible(_ sentence: String) -> TokenOutcome {
            unavailable(.unintelligible, response, processed: true, sentence)
        }
        let accessToken: SecretString
        let refreshToken, idToken: SecretString?
        do throws(UnusableToken) {
            guard let token = try Self.token("access_token", in: fields) else {
                return unintelligible("The answer has no access_token.")
            }
            accessToken = token
            refreshToken = try Self.token("refresh_token", in: fields)
            // Nothing uses the id_token of a refresh, so a broken one must not spoil the tokens beside it.
            idToken = isRefresh ? nil : try Self.token("id_token", in: fields)
        } catch {
            return unintelligible(error.sentence)
        }
        // RFC 6749 requires token_type; who leaves it out means Bearer, and Apigee writes BearerToken. A kind that is used
        // in another way, such as mac or DPoP, would be handed to content that cannot use it.
        let type = fields["token_type"]
        guard type == nil || type?.isNull == true || Self.bearerTypes.contains(type?.stringValue?.lowercased() ?? "")
        else {
            let name = Sentence.visibleASCII(type?.stringValue ?? "", limit: 30)
            return unintelligible("The answer has the token_type \"\(name)\"; only Bearer tokens can be used.")
        }
        let refreshLifetime = fields["refresh_token_expires_in"] ?? fields["refresh_expires_in"]
        return .granted(
            TokenGrant(
                accessToken: accessToken,
                refreshToken: refreshToken,
                expiresIn: Self.lifetime(fields["expires_in"], longest: Self.longestLifetime),
                refreshTokenExpiresIn: Self.lifetime(refreshLifetime, longest: Self.longestRefreshLifetime),
                scope: Self.scope(fields["scope"]),
                idToken: idToken,
                username: fields["username"]?.stringValue.flatMap {
                    $0.isEmpty ? nil : Sentence.bounded($0, limit: 255)
                }
            ))
    }

    private static let bearerTypes: Set<String> = ["bearer", "bearertoken"]

    /// What is wrong with a token; the sentence repeats nothing of it.
    private struct UnusableToken: Error { let sentence: String }

    /// A token: visible ASCII without spaces, as it must fit into an Authorization header (RFC 6750 section 2.1). nil where
    /// there is none.
    private static func token(_ name: String, in fields: JSONObject) throws(UnusableToken) -> SecretString? {
        guard let value = fields[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw UnusableToken(sentence: "The answer's \(name) is no text.") }
        guard !text.isEmpty else { return nil }
        guard text.utf8.count <= maximumTokenBytes else {
            throw UnusableToken(
                sentence: "The answer's \(name) is longer than \(maximumTokenBytes) bytes: have the provider put fewer "
                    + "claims, such as groups and roles, into it.")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw UnusableToken(sentence: "The answer's \(name) has characters that no HTTP header can carry.")
        }
        return SecretString(text)
    }

    /// Seconds as a number or a string of digits. Nothing, nonsense, zero and less are "unknown", for which the caller
    /// assumes a lifetime; what is longer than `longest` is cut to it.
    private static func lifetime(_ value: JSON?, longest: Duration) -> Duration? {
        let ceiling = longest.components.seconds
        let seconds: Int64?
        switch value {
        case .integer(let number): seconds = number
        case .double(let number): seconds = number >= Double(ceiling) ? ceiling : number >= 0 ? Int64(number) : nil
        case .string(let text) where !text.isEmpty && text.utf8.allSatisfy({ (0x30...0x39).contains($0) }):
            seconds = Int64(text) ?? ceiling
        default: seconds = nil
        }
        guard let seconds, seconds > 0 else { return nil }
        return .seconds(min(seconds, ceiling))
    }

    /// A string with spaces, or an array of strings.
    private static func scope(_ value: JSON?) -> String? {
        let text = value?.stringValue ?? value?.arrayValue?.compactMap(\.stringValue).joined(separator: " ")
        guard let text, !text.isEmpty else { return nil }
        return Sentence.bounded(text, limit: 4096)
    }
}
