import JSON
import Logging
import Storage
import Synchronization

extension TokenKeeper {
    /// A provider may be away for a moment: so many answers that say nothing are needed before somebody is told.
    static let failuresUntilNoted = 3

    /// How often in a row it failed, this time included.
    func countFailure(_ key: SessionKey) -> Int {
        failures.withLock { failures in
            failures[key, default: 0] += 1
            return failures[key] ?? 0
        }
    }

    func forgetFailures(_ key: SessionKey) { failures.withLock { $0[key] = nil } }

    /// Tells once that a session's tokens cannot be refreshed; again only after it had worked in between.
    func noteFailing(_ session: OAuthSessionRecord, _ reason: String, _ cause: String, _ origin: Origin) async {
        let event = event(
            .refreshFailing, session, origin, outcome: .failure,
            details: ["reason": .string(reason), "cause": .string(cause)])
        do throws(StoreError) {
            _ = try await account.store.noteOnce(
                event, among: [.sessionCreated, .sessionRefreshed, .reauthorizationRequired, .refreshFailing])
        } catch {
            logger.warning(
                "a failing refresh could not be noted",
                metadata: ["account": "\(account.slug)", "error": "\(error)"])
        }
    }
}
