public import Accounts
import JSON
import OAuthClient
public import Storage

/// Asks the provider of an integration that acts as itself for a token, and throws the token away.
public struct Verification: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let sources: TokenSources
    let journal: Journal

    /// Whether the integration works.
    ///
    /// - Returns: how long such a token lives, in seconds, where the provider says.
    /// - Throws: `Refusal` 240 for an integration that needs a viewer, 241 and 248 where there is no token.
    public func verify(_ guid: GUID, by admin: Administrator) async throws(Refusal) -> Int64? {
        let found = try await attempt { () throws(StoreError) in try await account.store.integration(guid) }
        guard let integration = found else { throw .notFound("integration") }
        guard integration.kindOfAccess == .serviceAccount else {
            throw Refusal(
                .verifyNotPossible,
                "Only a Service Account integration can be verified without a viewer: open content that uses this one.")
        }
        return try await noted(integration, by: admin)
    }

    /// Whether an integration works that nobody logs in to: one that acts as itself, or AWS, which is asked as the
    /// administrator.
    ///
    /// - Returns: how long such credentials work, in seconds, where the provider says.
    public func test(_ integration: IntegrationRecord, by admin: Administrator) async throws(Refusal) -> Int64? {
        guard integration.canTestWithoutLogin else {
            throw Refusal(
                .verifyNotPossible, "There are no credentials to ask a provider for: open content that uses it.")
        }
        return try await noted(integration, by: admin)
    }

    private func noted(_ integration: IntegrationRecord, by admin: Administrator) async throws(Refusal) -> Int64? {
        do throws(Refusal) {
            let lifetime = try await lifetime(integration, admin)
            try await account.require(admin.caller.premises, at: clock.now)
            await journal.note(event(integration, .success, admin, [:]))
            return lifetime
        } catch {
            await journal.note(
                event(
                    integration, .failure, admin,
                    ([
                        "code": .integer(Int64(error.code.rawValue)), "reason": error.payload?["reason"] ?? .null,
                    ] as JSONObject).merging(error.causeDetail)))
            // What the provider said is for administrators alone.
            try await account.require(admin.caller.premises, at: clock.now)
            throw error.explained
        }
    }

    private func lifetime(_ integration: IntegrationRecord, _ admin: Administrator) async throws(Refusal) -> Int64? {
        guard IssuedTokenType(of: integration) == .awsCredentials else {
            return try await sources.serviceAccounts.verify(integration).expiresIn.map(\.components.seconds)
        }
        let sentAt = clock.now
        let holder: AWSCredentials.Holder =
            integration.kindOfAccess == .viewer ? .viewer(admin.caller.user) : .content(integration.guid)
        return try await sources.aws.verify(integration, for: holder).expiresAt.map { $0.seconds - sentAt.seconds }
    }

    private func event(
        _ integration: IntegrationRecord, _ outcome: EventRecord.Outcome, _ admin: Administrator, _ details: JSONObject
    ) -> EventRecord {
        admin.event(
            .integrationVerified, outcome, at: clock.now, integration: integration.guid, details: details)
    }
}

extension IntegrationRecord {
    /// Whether it can be tried without anybody's login at a provider.
    public var canTestWithoutLogin: Bool {
        kindOfAccess == .serviceAccount || IssuedTokenType(of: self) == .awsCredentials
    }
}
