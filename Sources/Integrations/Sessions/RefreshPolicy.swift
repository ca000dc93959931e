import Storage

/// When a token is refreshed: pure decisions, by our own clock.
enum RefreshPolicy {
    /// What to do with a session's access token at a moment.
    enum Decision: Equatable {
        /// Hand it out.
        case serve
        /// Refresh first; the old one may still be handed out if that fails.
        case refresh(oldIsValid: Bool)
        /// It cannot be refreshed and is over.
        case over
    }

    private static let longestMargin: Int64 = 5 * 60
    private static let shortestMargin: Int64 = 60
    /// A refresh on demand (`Cache-Control: no-cache`) happens at most this often per session.
    static let demandInterval = Duration.seconds(30)

    /// When the refresh of a token is due, counted from the moment its request was sent.
    static func refreshAt(sentAt: Timestamp, lifetime: Duration, margin: Template.Margin) -> Timestamp {
        let life = lifetime.components.seconds
        let wanted =
            switch margin {
            case .quarter: max(min(longestMargin, life / 4), shortestMargin)
            case .late: shortestMargin
            }
        // A token that lives for less than two margins would otherwise be due as soon as it is there.
        return sentAt + .seconds(life - min(wanted, life / 2))
    }

    /// After status 400 without an error that can be read, a refresh token is presented again this much later.
    static let unexplainedPause: Int64 = 60

    /// The seconds to wait before the refresh token is presented again; nil: none. A clock that was set back waits for nothing.
    static func pause(_ session: OAuthSessionRecord, at now: Timestamp) -> Int64? {
        guard let since = session.unexplainedAt, since <= now, now < since + .seconds(unexplainedPause) else {
            return nil
        }
        return since.seconds + unexplainedPause - now.seconds
    }

    /// The clock is set back by no more than this without a token's age counting as unknown.
    private static let clockTolerance = Duration.seconds(60)

    /// Whether a token's age is known. Where the machine's clock was set back since the token came, it is not: by that
    /// clock the token would seem valid for too long.
    static func isPlausible(obtainedAt: Timestamp, at now: Timestamp) -> Bool { obtainedAt <= now + clockTolerance }

    static func decide(_ session: OAuthSessionRecord, at now: Timestamp, isDemanded: Bool) -> Decision {
        // Every login stores an end, assumed where none is told. One without has ended.
        let isValid = session.tokens.expiresAt.map { now < $0 } ?? false
        let isDue =
            session.tokens.refreshAt.map { $0 <= now } ?? false
            || !isPlausible(obtainedAt: session.updatedAt, at: now)
        guard isDue || isDemanded || !isValid else { return .serve }
        guard session.tokens.refresh != nil else { return isValid ? .serve : .over }
        // The answer to an earlier refresh was lost, so its token may be used up: presenting it again could end what the
        // viewer still has. It waits until there is nothing to lose, or until the content says that the token is dead.
        if session.refreshStartedAt != nil, isValid, !isDemanded { return .serve }
        return .refresh(oldIsValid: isValid)
    }
}
