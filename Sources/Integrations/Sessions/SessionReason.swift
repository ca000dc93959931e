/// Why a viewer must log in again, for people; the words of `payload.reason` are for programs.
public enum SessionReason {
    /// The sentence for one of those words.
    public static func sentence(_ reason: String) -> String {
        switch reason {
        case "refresh_token_rejected":
            "the provider does not accept the refresh token any more: it has ended, or was revoked there"
        case "interaction_required", "login_required", "account_selection_required":
            "the provider wants the viewer to sign in there again, for example for a second factor"
        case "consent_required": "the provider wants the viewer to agree again to what the client asks for"
        case "access_denied": "the provider does not give the viewer access any more"
        case "refresh_answer_lost": "an answer of the provider was lost, and with it the new refresh token"
        case "access_token_expired": "the access token has ended, and the provider gave no refresh token"
        default: reason.replacing("_", with: " ")
        }
    }
}
