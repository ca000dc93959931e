/// Why a viewer must log in again, for people; the words of `payload.reason` are for programs.
public enum SessionReason {
    /// The sentence for one of those words.
    public static func sentence(_ reason: String) -> String {
        switch reason {
        case "refresh_token_rejected":
            "the provider does not accept the refresh token any more: it has ended, or was revoked there"
        case "refresh_answer_lost": "an answer of the provider was lost, and with it the new refresh token"
        case "access_token_expired": "the access token has ended, and the provider gave no refresh token"
        default: reason.replacing("_", with: " ")
        }
    }
}
