import HTTPClient
import JSON

/// Reads what a revocation endpoint answered (RFC 7009 section 2.2). Pure: the same answer always means the same.
struct RevocationAnswer: Sendable {
    /// What was sent, to be kept out of messages.
    let secrets: [String]

    func outcome(of response: OutboundResponse) -> RevocationOutcome {
        switch response.status {
        case 408, 429, 500...:
            return .unavailable(
                retryAfter: RetryAfter.duration(in: response),
                message: "The revocation endpoint answered with status \(response.status).")
        case 300..<400: return .refused(message: "The revocation endpoint redirects elsewhere.")
        default: break
        }
        guard let fields = TokenAnswer.fields(of: response), let code = TokenAnswer.errorCode(fields) else {
            // What a success says beyond its status means nothing (section 2.2).
            guard (200..<300).contains(response.status) else {
                return .refused(message: "The revocation endpoint answered with status \(response.status).")
            }
            return .done
        }
        // Section 2.2 wants a success for a token that is dead already; Google says this instead.
        guard code.lowercased() != "invalid_token" else { return .done }
        let message = Sentence.harmless(TokenAnswer.errorSentence(fields) ?? code, secrets: secrets)
        guard case .notNow = TokenErrorCode.entry(code, sentence: nil)?.meaning else {
            return .refused(message: message)
        }
        return .unavailable(retryAfter: RetryAfter.duration(in: response), message: message)
    }

    func outcome(of error: OutboundError) -> RevocationOutcome {
        switch error.code {
        case .refusedAddress, .invalidRequest: .refused(message: error.description)
        case .noPlace, .notConnected, .tls, .noAnswer, .answerTooLarge, .cancelled:
            .unavailable(retryAfter: nil, message: error.description)
        }
    }
}
