import Cryptography
import HTTPClient
import JSON

/// Reads what a token endpoint answered. Pure: the same answer always means the same.
///
/// Providers differ in almost everything here (docs of the vendors, and answers seen in the wild), and the question is
/// always the same: are the tokens we hold still good, dead, or unknown?
struct TokenAnswer: Sendable {
    /// The longest token that is accepted, in bytes. Tokens with many roles have up to 75 KB (Keycloak).
    static let maximumTokenBytes = 128 << 10
    /// What is believed of an access token's lifetime.
    static let longestLifetime: Duration = .seconds(365 * 86_400)
    /// What is believed of a refresh token's lifetime.
    static let longestRefreshLifetime: Duration = .seconds(10 * 365 * 86_400)

    /// Whether a refresh token was presented, for the provider's words for a dead one.
    let isRefresh: Bool
    /// What was sent, to be kept out of messages.
    let secrets: [String]

    func outcome(of response: OutboundResponse) -> TokenOutcome {
        switch response.status {
        case 429:
            let sentence = "The provider limits the rate of requests" + words(of: response)
            return unavailable(.rateLimited, response, processed: false, sentence)
        case 500..., 408:
            // The failure may lie behind the point where a single-use token was consumed.
            let sentence = "The provider has an internal problem" + words(of: response)
            return unavailable(.serverError, response, processed: true, sentence)
        case 300..<400:
            let sentence = "The token endpoint redirects" + place(of: response)
            return unavailable(.unintelligible, response, processed: false, sentence)
        default:
            break
        }
        let isSuccess = (200..<300).contains(response.status)
        let failure: ProviderUnavailability.Reason =
            isRefresh && response.status == 400 ? .unexplained : .unintelligible
        guard let fields = Self.fields(of: response) else {
            let sentence =
                response.body.isEmpty
                ? "The answer is empty." : "The answer is neither JSON nor a form: is this the token endpoint?"
            return unavailable(failure, response, processed: isSuccess, sentence)
        }
        // Some providers say no with status 200.
        if let code = Self.errorCode(fields) { return refusal(code, fields, response) }
        guard isSuccess else {
            return unavailable(failure, response, processed: false, "The answer has no error code.")
        }
        return grant(fields, response)
    }

    func outcome(of error: OutboundError) -> TokenOutcome {
        let reason: ProviderUnavailability.Reason =
            switch error.code {
            case .refusedAddress: .refusedAddress
            case .notConnected, .invalidRequest: .notConnected
            case .tls: .tls
            case .noPlace: .noPlace
            case .noAnswer: .noAnswer
            case .answerTooLarge: .tooLarge
            case .cancelled: .cancelled
            }
        return .unavailable(
            ProviderUnavailability(
                reason: reason, requestMayHaveBeenProcessed: error.mayHaveBeenSent, message: error.description))
    }

    func unavailable(
        _ reason: ProviderUnavailability.Reason, _ response: OutboundResponse, processed: Bool, _ sentence: String
    ) -> TokenOutcome {
        .unavailable(
            ProviderUnavailability(
                reason: reason, retryAfter: RetryAfter.duration(in: response),
                requestMayHaveBeenProcessed: processed, message: "\(sentence) (status \(response.status))"))
    }

    /// The provider's words for its own failure, as the end of a sentence.
    private func words(of response: OutboundResponse) -> String {
        let fields = Self.fields(of: response)
        guard let words = fields.flatMap({ Self.errorSentence($0) ?? Self.errorCode($0) }) else { return "." }
        return ": " + Sentence.harmless(words, secrets: secrets)
    }

    /// Where a redirect leads, as the end of a sentence; without its query, which may hold what was sent.
    private func place(of response: OutboundResponse) -> String {
        guard let location = response.header("Location") else { return " elsewhere." }
        let place = location.prefix { $0 != "?" && $0 != "#" }
        return " to \(Sentence.harmless(String(place), secrets: secrets)): should that be the token URL?"
    }

    /// The members of a JSON object, or of a form, whatever the Content-Type claims.
    static func fields(of response: OutboundResponse) -> JSONObject? {
        let body = response.textBytes
        let first = body.first { $0 > 0x20 }
        if first == UInt8(ascii: "{") { return response.jsonObject }
        guard first != UInt8(ascii: "<"), body.contains(UInt8(ascii: "=")),
            response.contentType == nil || response.contentType == FormEncoding.contentType
                || response.contentType == "text/plain",
            let pairs = try? FormEncoding.decode(
                readable: String(decoding: body, as: UTF8.self), maximumBytes: CurlTransport.maximumAnswerBytes)
        else { return nil }
        return JSONObject(pairs.compactMap { pair in pair.value.map { (pair.name, JSON.string($0)) } })
    }
}
