import Accounts
import HTTPClient
import Storage

/// The environment variables that the integrations of a content set.
struct ProvidedVariables: Sendable {
    let account: OpenAccount
    let outbound: OutboundPolicy

    /// The names, each with the integration whose value content gets. A name that two integrations want different values for
    /// is not among them: the publisher decides.
    func names(of content: GUID) async throws(Refusal) -> [String: String] {
        let associations = try await attempt { () throws(StoreError) in
            try await account.store.associations(ofContent: content)
        }
        var names: [String: String] = [:]
        let contributions = contributions(of: associations).contributions
        let disputed = RuntimeEnvironment.disputed(contributions.map(\.variables))
        for (name, given) in RuntimeEnvironment.collect(contributions) where !disputed.contains(name) {
            names[name] = given.first?.integration
        }
        return names
    }

    /// What each integration sets, and a sentence for each that is not usable.
    func contributions(
        of associations: [AssociationRecord]
    ) -> (contributions: [RuntimeEnvironment.Contribution], troubles: [String]) {
        var contributions: [RuntimeEnvironment.Contribution] = []
        var troubles: [String] = []
        for integration in associations.map(\.integration) {
            do throws(Refusal) {
                let provider = try Provider(integration, policy: outbound)
                contributions.append(.init(integration: integration.name, variables: provider.environment))
            } catch {
                troubles.append("\(integration.name) is not usable, so its variables are missing: \(error.message)")
            }
        }
        return (contributions, troubles)
    }
}
