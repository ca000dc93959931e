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
        return SessionReason.sentences(reason).viewer
    }
}

extension OAuthSessionRecord {
    /// When a login that works now is over by itself, because nothing can renew it; nil where that is not known.
    var endsUnrenewed: Timestamp? { tokens.refresh == nil ? tokens.expiresAt : nil }
}
