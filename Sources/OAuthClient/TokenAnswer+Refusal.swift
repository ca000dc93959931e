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
        let sentence = Self.errorSentence(fields)
        let words = Sentence.harmless(sentence ?? code.lowercased(), secrets: secrets)
        let known = TokenErrorCode.entry(code, sentence: sentence)
        func refused(_ kind: ProviderRefusal.Kind) -> TokenOutcome {
            .refused(
                ProviderRefusal(
                    kind: kind, message: words, status: response.status, effect: known?.effect ?? .nothing,
                    reason: known?.reason ?? "provider_unavailable"))
        }
        switch known?.meaning {
        // Of a code, these words say nothing about the grant.
        case .viewer where known?.words != nil && !isRefresh: return refused(.invalidRequest)
        case .viewer(.refreshTokenRejected): return refused(.invalidGrant)
        case .viewer: return refused(.viewer)
        case .client(let kind), .refusal(let kind): return refused(kind)
        case .notNow(let reason, mayBeSpent: let mayBeSpent):
            return unavailable(reason, response, processed: mayBeSpent, "The provider answered: \(words)")
        case nil: return refused(.other)
        }
    }
}
