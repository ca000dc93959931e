import Accounts
import Cryptography
import Storage

/// Short-lived API keys with which content acts for its viewer at this server (template `connect`).
struct VisitorKeys: Sendable {
    let people: People
    let mint: Mint
    let vault: Vault
    let clock: WallClock

    /// A key that works for half its life or more, from memory or made now.
    func token(
        _ key: SessionKey, viewer: UserRecord, content: ContentRecord, _ integration: IntegrationRecord
    ) async throws(Refusal) -> LiveToken {
        let token = try await mint(key, viewer, content, integration)
        // It went when the integration was taken off the content; by now it may be attached again.
        guard try await isDead(token) else { return token }
        mint.forget(token, of: key)
        return try await mint(key, viewer, content, integration)
    }

    private func isDead(_ token: LiveToken) async throws(Refusal) -> Bool {
        guard let bytes = try? vault.openBytes(token.sealed, additionalData: token.additionalData) else { return true }
        return try await !people.isKnown(SecretString(String(decoding: bytes, as: UTF8.self)))
    }

    private func mint(
        _ key: SessionKey, _ viewer: UserRecord, _ content: ContentRecord, _ integration: IntegrationRecord
    ) async throws(Refusal) -> LiveToken {
        let maximumRole = Template.Connect.maxRole(of: integration)
        let people = people
        let now = clock.now
        let origin = VisitorKeyOrigin(contentGUID: content.guid, integrationGUID: integration.guid)
        return try await mint.token(key, version: integration.version) {
            do throws(Refusal) {
                let (key, expiresAt) = try await people.issueVisitorKey(
                    for: viewer, maximumRole: maximumRole, from: origin,
                    integrationVersion: integration.version)
                return .success(
                    Mint.Coin(token: key, expiresAt: expiresAt, refreshAt: now + People.visitorKeyLifetime / 2))
            } catch {
                return .failure(error)
            }
        }
    }
}
