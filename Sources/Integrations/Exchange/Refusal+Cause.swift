import Accounts
import JSON

extension Refusal {
    /// What a provider, or the way to it, did wrong, as a sentence; nil where the cause is another, which is for the operator.
    private var providerCause: String? {
        let codes: Set<ErrorCode> = [
            .loginRequired, .refreshFailed, .serviceAccountFailed, .awsFailed, .loginNotPossible,
        ]
        return codes.contains(code) ? cause : nil
    }

    /// For the details of an audit line, where `reason` is a word and `cause` a sentence.
    var causeDetail: JSONObject { providerCause.map { ["cause": .string($0)] } ?? [:] }

    /// The same refusal for an administrator: its sentence names the provider's cause.
    var explained: Refusal {
        guard let cause = providerCause, !message.contains(cause) else { return self }
        return Refusal(
            code, "\(message) \(cause)", field: field, payload: payload, retryAfter: retryAfter, cause: cause)
    }
}
