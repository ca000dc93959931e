import Storage

/// How a person's login to an integration fares.
public enum LoginState: Sendable, Equatable {
    /// They have not logged in.
    case absent
    /// Content can act for them.
    case working
    /// They must log in again; the word is that of `payload.reason`.
    case over(String)

    /// The state of a session at a moment; nil: there is none.
    init(_ session: OAuthSessionRecord?, at now: Timestamp) {
        guard let session else {
            self = .absent
            return
        }
        if let reason = session.needsLogin {
            self = .over(reason)
        } else if RefreshPolicy.decide(session, at: now, isDemanded: false) == .over {
            self = .over(OAuthSessionRecord.expired)
        } else {
            self = .working
        }
    }

    /// Why one must log in again, for the person; nil where one need not.
    public var sentence: String? {
        guard case .over(let reason) = self else { return nil }
        return switch reason {
        case "access_token_expired": "Access has ended, and the provider gave no way to renew it."
        case "refresh_token_rejected": "The provider has ended your login there, or it was revoked."
        case "interaction_required", "login_required", "account_selection_required":
            "The provider wants you to sign in there again, for example because its rules have changed."
        case "consent_required": "The provider wants you to agree again to what is done in your name."
        case "access_denied": "The provider does not give you access any more: ask who looks after it, or log in again."
        case "refresh_answer_lost": "The provider's answer was lost on its way, so access could not be renewed."
        default: "Access could not be renewed."
        }
    }
}

extension OAuthSessionRecord {
    /// When a login that works now is over by itself, because nothing can renew it; nil where that is not known.
    var endsUnrenewed: Timestamp? { tokens.refresh == nil ? tokens.expiresAt : nil }
}
