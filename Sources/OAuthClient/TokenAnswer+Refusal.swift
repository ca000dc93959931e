import HTTPClient
import JSON

extension TokenAnswer {
    /// The error code wherever this provider puts it: `error` (RFC 6749), `error.code` (Google's APIs), `errorCode` and
    /// `error_code` (Databricks, Okta).
    static func errorCode(_ fields: JSONObject) -> String? {
        let candidates = [
            fields["error"]?.stringValue, fields["error"]?["code"]?.stringValue,
            fields["error"]?["status"]?.stringValue,
            fields["errorCode"]?.stringValue, fields["error_code"]?.stringValue,
        ]
        return candidates.lazy.compactMap { $0 }.first { !$0.isEmpty }
    }

    /// The provider's own words for an error: Snowflake has them in `message`, Okta in `errorSummary`.
    static func errorSentence(_ fields: JSONObject) -> String? {
        let candidates = [
            fields["error_description"], fields["message"], fields["error"]?["message"], fields["errorSummary"],
        ]
        return candidates.lazy.compactMap { $0?.stringValue }.first { !$0.isEmpty }
    }

    func refusal(_ code: String, _ fields: JSONObject, _ response: OutboundResponse) -> TokenOutcome {
        let code = code.lowercased()
        // These say "not now" in the words of section 4.1.2.1, and some token endpoints use them with status 400.
        switch code {
        case "temporarily_unavailable", "slow_down":
            return unavailable(.serverError, response, processed: false, "The provider is temporarily unavailable.")
        case "server_error":
            return unavailable(.serverError, response, processed: true, "The provider has an internal problem.")
        default: break
        }
        let sentence = Self.errorSentence(fields)
        let message = Sentence.harmless(sentence ?? code, secrets: secrets)
        return .refused(
            ProviderRefusal(kind: kind(code, sentence: sentence), message: message, status: response.status))
    }

    private func kind(_ code: String, sentence: String?) -> ProviderRefusal.Kind {
        switch code {
        case "invalid_grant", "bad_refresh_token", "bad_verification_code": .invalidGrant
        case "invalid_client", "incorrect_client_credentials": .invalidClient
        case "unauthorized_client": .unauthorizedClient
        case "invalid_scope": .invalidScope
        // Databricks' words for a dead refresh token.
        case "invalid_request" where isRefresh && sentence?.lowercased().contains("refresh token is invalid") == true:
            .invalidGrant
        case "invalid_request": .invalidRequest
        default: .other
        }
    }
}
