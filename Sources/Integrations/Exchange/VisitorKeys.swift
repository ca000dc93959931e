import Accounts
import Storage

/// Short-lived API keys with which content acts for its viewer at this server (template `connect`).
struct VisitorKeys: Sendable {
    let people: People
    let mint: Mint
    let clock: WallClock

    /// A key that works for half its life or more, from memory or made now.
    func token(
        _ key: SessionKey, viewer: UserRecord, content: ContentRecord, _ integration: IntegrationRecord
    ) async throws(Refusal) -> LiveToken {
        let maximumRole = Template.Connect.maxRole(of: integration)
        let people = people
        let now = clock.now
        let origin = VisitorKeyOrigin(contentGUID: content.guid, integrationGUID: integration.guid)
        return try await mint.token(key, version: integration.version) {
            do throws(Refusal) {
                let (key, expiresAt) = try await people.issueVisitorKey(
                    for: viewer, maximumRole: maximumRole, from: origin)
                return .success(
                    Mint.Coin(token: key, expiresAt: expiresAt, refreshAt: now + People.visitorKeyLifetime / 2))
            } catch {
                return .failure(error)
            }
        }
    }
}
