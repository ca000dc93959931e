import OAuthClient
import Storage

/// Why a viewer must log in again, for people; the words of `payload.reason` are for programs.
public enum SessionReason {
    /// The sentence for one of those words, as publishers and administrators read it.
    public static func sentence(_ reason: String) -> String { sentences(reason).others }

    /// The sentences for one of those words: what the viewer reads, and what others read of the viewer.
    static func sentences(_ reason: String) -> (viewer: String, others: String) {
        if let reason = TokenErrorCode.LoginReason(rawValue: reason) { return sentences(reason) }
        return switch reason {
        case "refresh_answer_lost":
            (
                "The provider's answer was lost on its way, so access could not be renewed.",
                "an answer of the provider was lost, and with it the new refresh token"
            )
        case OAuthSessionRecord.expired:
            (
                "Access has ended, and the provider gave no way to renew it.",
                "the access token has ended, and the provider gave no refresh token"
            )
        default: ("Access could not be renewed.", reason.replacing("_", with: " "))
        }
    }

    private static func sentences(_ reason: TokenErrorCode.LoginReason) -> (viewer: String, others: String) {
        switch reason {
        case .refreshTokenRejected:
            (
                "The provider has ended your login there, or it was revoked.",
                "the provider does not accept the refresh token any more: it has ended, or was revoked there"
            )
        case .interactionRequired, .loginRequired, .accountSelectionRequired:
            (
                "The provider wants you to sign in there again, for example because its rules have changed.",
                "the provider wants the viewer to sign in there again, for example for a second factor"
            )
        case .consentRequired:
            (
                "The provider wants you to agree again to what is done in your name.",
                "the provider wants the viewer to agree again to what the client asks for"
            )
        case .accessDenied:
            (
                "The provider does not give you access any more: ask who looks after it, or log in again.",
                "the provider does not give the viewer access any more"
            )
        }
    }
}
