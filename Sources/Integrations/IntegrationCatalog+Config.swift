import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
import Storage

extension IntegrationCatalog {
    /// Sets the keys of a config in an integration.
    ///
    /// - Returns: whether what it does now is so different that its sessions end.
    func reconfigure(
        _ integration: inout IntegrationRecord, _ template: Template, _ config: JSONObject
    ) async throws(Refusal) -> Bool {
        let old = integration.config
        let checked = try template.check(config, policy: outbound)
        var merged = old.merging(checked.values).withoutNulls
        Self.forgetDerived(in: &merged, template, given: checked.values, before: old)
        merged = try template.settled(merged, given: checked, before: old)
        try template.requireAll(in: merged)
        integration.config = try await resolved(template, merged)
        let (before, after) = (template.complete(old), template.complete(integration.config))
        let moved = template.settings.contains { $0.isIdentity && before[$0.name] != after[$0.name] }
        let secret = template.effectiveSecret(in: after)
        if moved, let secret, checked.secrets[secret.name] == nil {
            throw .invalid(
                secret.name,
                "Changing the host, the endpoints, the client or its kind needs the \(secret.name) in the same request.",
                code: .prohibitedChange
            )
        }
        integration.authType = after["auth_type"]?.stringValue ?? integration.authType
        let keeps = !moved && secret?.name == template.effectiveSecret(in: before)?.name
        integration.sealedSecret = try sealed(
            checked, of: integration.guid, template, config: after, existing: keeps ? integration.sealedSecret : nil
        )
        return moved
    }

    /// What metadata said is asked for again; what was typed along with this change is kept, and compared.
    private static func forgetDerived(
        in config: inout JSONObject, _ template: Template, given: JSONObject, before: JSONObject
    ) {
        for setting in template.settings where setting.isDerived { config[setting.name] = nil }
        guard config["issuer"]?.stringValue?.isEmpty == false else { return }
        // A client that sends back what it read has typed nothing.
        for key in fromMetadata where given[key] == nil || given[key] == before[key] { config[key] = nil }
    }

    private static let fromMetadata = ["authorization_uri", "token_uri"]

    /// The config with what the issuer's metadata says, known to be usable as a whole.
    func resolved(_ template: Template, _ values: JSONObject) async throws(Refusal) -> JSONObject {
        var values = values
        if template.setting("issuer") != nil, let issuer = values["issuer"]?.stringValue, !issuer.isEmpty {
            try await learn(&values, from: issuer, isViewer: Visibility.isViewer.holds(in: template.complete(values)))
        }
        let provider = try Provider(template: template, values: values, policy: outbound)
        // Two custom integrations that share a callback could be played against each other (RFC 9700, section 4.4): a code
        // for one would reach an endpoint that somebody typed for the other. `iss` in the answer prevents it.
        guard
            provider.authorizationEndpoint == nil || provider.isVendors || provider.hasOwnCallback
                || provider.requiresIssuer
        else {
            throw .invalid(
                "callback", "callback shared needs an issuer whose metadata promises iss (RFC 9207): choose own.",
                code: .templateConfig
            )
        }
        try template.judge(template.complete(values), policy: outbound)
        return values
    }

    /// Takes over what the issuer says about itself.
    private func learn(_ values: inout JSONObject, from issuer: String, isViewer: Bool) async throws(Refusal) {
        let metadata: ServerMetadata
        do throws(MetadataError) {
            metadata = try await ServerMetadata.fetch(
                issuer: issuer, policy: outbound, over: transport, needsAuthorization: isViewer)
        } catch {
            throw .invalid("issuer", "issuer is not usable: \(error.description)", code: .templateConfig)
        }
        var endpoints = [("token_uri", metadata.tokenEndpoint)]
        if isViewer, let front = metadata.authorizationEndpoint { endpoints.append(("authorization_uri", front)) }
        for (key, endpoint) in endpoints {
            guard values[key] == nil || values[key]?.stringValue == endpoint.text else {
                throw .invalid(
                    key, "\(key) differs from what the issuer's metadata says: leave it out.", code: .templateConfig
                )
            }
            values[key] = .string(endpoint.text)
        }
        values[Template.promisesIssuer] = .bool(metadata.authorizationResponseIssParameterSupported)
        values[Template.revocationEndpoint] = metadata.revocationEndpoint.map { .string($0.text) }
        values[Template.keySetURI] = metadata.jwksURI.map(JSON.string)
    }

    /// The one secret that counts under the options of a complete config, sealed.
    func sealed(
        _ given: CheckedConfig, of guid: GUID, _ template: Template, config: JSONObject, existing: [UInt8]?
    ) throws(Refusal) -> [UInt8]? {
        guard let setting = template.effectiveSecret(in: config) else { return nil }
        guard let secret = given.secrets[setting.name] else {
            guard let existing else {
                throw .invalid(
                    setting.name, "\(setting.name) is missing: copy it from the provider.",
                    code: setting.name == "client_secret" ? .clientSecret : .templateConfig
                )
            }
            return existing
        }
        do { return try account.vault.seal(secret, at: .clientSecret(guid)) } catch {
            throw Refusal(.internalFailure, "The secret could not be sealed: tell the operator of this server.")
        }
    }
}
