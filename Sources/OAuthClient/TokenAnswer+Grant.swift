import Cryptography
import HTTPClient
import JSON

extension TokenAnswer {
    /// A success: strict about the tokens themselves, lenient about what stands around them.
    func grant(_ fields: JSONObject, _ response: OutboundResponse) -> TokenOutcome {
        func unintelligible(_ sentence: String) -> TokenOutcome {
            unavailable(.unintelligible, response, processed: true, sentence)
        }
        guard let accessToken = Self.token(fields["access_token"], limit: Self.maximumTokenBytes) else {
            return unintelligible("The answer has no usable access_token.")
        }
        // RFC 6749 requires token_type; who leaves it out means Bearer. A kind that is used in another way, such as
        // mac or DPoP, would be handed to content that cannot use it.
        let isBearer = fields["token_type"].map { $0.isNull || $0.stringValue?.lowercased() == "bearer" } ?? true
        guard isBearer else { return unintelligible("The answer has a token_type other than Bearer.") }
        let refreshToken = Self.token(fields["refresh_token"], limit: Self.maximumTokenBytes)
        guard refreshToken != nil || Self.isAbsent(fields["refresh_token"]) else {
            return unintelligible("The answer has a refresh_token that is not usable.")
        }
        let idToken = Self.token(fields["id_token"], limit: Self.maximumIDTokenBytes)
        guard idToken != nil || Self.isAbsent(fields["id_token"]) else {
            return unintelligible("The answer has an id_token that is not usable.")
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

    private static func isAbsent(_ value: JSON?) -> Bool {
        value == nil || value?.isNull == true || value?.stringValue?.isEmpty == true
    }

    /// Visible ASCII without spaces, as it must fit into an Authorization header (RFC 6750 section 2.1).
    private static func token(_ value: JSON?, limit: Int) -> SecretString? {
        guard let text = value?.stringValue, !text.isEmpty, text.utf8.count <= limit,
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        return SecretString(text)
    }

    /// Seconds as a number or a string of digits. Nothing, nonsense, zero and less are "unknown", which is refreshed on
    /// demand; what is longer than `longest` is cut to it.
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
