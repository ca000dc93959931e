public import Accounts
import JSON
public import Storage

extension IntegrationCatalog {
    /// What people are told about an integration beside its config.
    public struct Guidance: Sendable {
        /// What to register at the provider; nil where nobody logs in, or the config is not usable any more.
        public let redirectURI: String?
        /// What content gets in its environment.
        public let environment: [(name: String, value: String)]
        /// What is allowed but probably not meant.
        public let warnings: [String]
    }

    /// What to register at the provider, what content gets, what is probably not meant.
    public func guidance(_ integration: IntegrationRecord) -> Guidance {
        let template = Template.named(integration.template)
        let config = template?.complete(integration.config) ?? [:]
        let warnings = template?.advice.compactMap { $0.sentence(for: config) } ?? []
        do throws(Refusal) {
            let provider = try Provider(integration, policy: outbound)
            return Guidance(
                redirectURI: provider.authorizationEndpoint.map { _ in
                    address.redirectURI(of: integration.guid, provider)
                },
                environment: provider.environment, warnings: warnings
            )
        } catch {
            return Guidance(redirectURI: nil, environment: [], warnings: warnings + [error.message])
        }
    }
}

extension IntegrationCatalog {
    /// Whether an update with these fields would change anything; for what is applied again and again.
    public func differs(_ integration: IntegrationRecord, from fields: Fields) async throws(Refusal) -> Bool {
        if let description = fields.description, description != integration.description { return true }
        guard let config = fields.config, let template = Template.named(integration.template) else { return false }
        let checked = try template.check(config, policy: outbound)
        let (before, after) = (template.complete(integration.config), template.complete(checked.values.withoutNulls))
        for (key, value) in checked.values where (value.isNull ? after[key] : value) != before[key] { return true }
        guard !checked.secrets.isEmpty else { return false }
        // Another secret than the one that counts is for `update` to refuse.
        guard checked.secrets.count == 1, let name = template.effectiveSecret(in: after)?.name,
            let secret = checked.secrets[name], let sealed = integration.sealedSecret
        else { return true }
        do { return try account.vault.open(sealed, at: .clientSecret(integration.guid)) != secret } catch {
            return true
        }
    }
}
