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

    /// The code, by which the table of errors is read, and the sentence where that does not repeat it.
    private static func words(_ code: String, _ sentence: String?) -> String {
        guard let sentence else { return code }
        return sentence.lowercased().contains(code) ? sentence : "\(code): \(sentence)"
    }

    func refusal(_ code: String, _ fields: JSONObject, _ response: OutboundResponse) -> TokenOutcome {
        let sentence = Self.errorSentence(fields)
        let words = Sentence.harmless(Self.words(code.lowercased(), sentence), secrets: secrets)
        // Of a code, the sentences of the table say nothing.
        let known = TokenErrorCode.entry(code, sentence: isRefresh ? sentence : nil)
        func refused(_ kind: ProviderRefusal.Kind) -> TokenOutcome {
            .refused(
                ProviderRefusal(
                    kind: kind, message: words, status: response.status, effect: known?.effect ?? .nothing,
                    reason: known?.reason ?? "provider_unavailable"))
        }
        switch known?.meaning {
        case .viewer(.refreshTokenRejected): return refused(.invalidGrant)
        case .viewer: return refused(.viewer)
        case .client(let kind), .refusal(let kind): return refused(kind)
        case .notNow(let reason, mayBeSpent: let mayBeSpent):
            return unavailable(reason, response, processed: mayBeSpent, "The provider answered: \(words)")
        case nil: return refused(.other)
        }
    }
}
