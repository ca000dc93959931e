import Accounts
import Cryptography
import HTTPClient
import OAuthClient
import Storage

/// What settings need to work.
extension SingleSignOn {
    /// The metadata of an issuer that people can sign in at.
    ///
    /// - Throws: `Refusal` naming the issuer, with a sentence for whoever typed it.
    func usableMetadata(
        of settings: SingleSignOnSettings, anew: Bool = false
    ) async throws(Refusal) -> (metadata: ServerMetadata, authorization: OutboundURL, jwksURI: String) {
        let metadata: ServerMetadata
        do throws(MetadataError) { metadata = try await desk.metadata(of: settings.issuer, anew: anew) } catch {
            throw .invalid("issuer", error.description)
        }
        guard let authorization = metadata.authorizationEndpoint, let jwksURI = metadata.jwksURI else {
            throw .invalid(
                "issuer", "The issuer's metadata document names no keys (jwks_uri): nobody can sign in there.")
        }
        guard anew else { return (metadata, authorization, jwksURI) }
        let keys: KeySet
        do throws(MetadataError) { keys = try await desk.keys(at: jwksURI) } catch {
            throw .invalid("issuer", error.description)
        }
        guard !keys.isEmpty else {
            throw .invalid(
                "issuer", "The issuer publishes no key for RS256, PS256 or ES256: its id_tokens cannot be verified.")
        }
        return (metadata, authorization, jwksURI)
    }

    /// How the client proves itself: as the server says, Basic before the body.
    static func authentication(_ metadata: ServerMetadata, hasSecret: Bool) -> ClientAuthenticationMethod {
        guard hasSecret else { return .none }
        let methods = metadata.tokenEndpointAuthMethodsSupported
        return !methods.contains(ClientAuthenticationMethod.basic.rawValue)
            && methods.contains(ClientAuthenticationMethod.post.rawValue) ? .post : .basic
    }

    /// The secret for the next draft.
    func seal(
        _ secret: SecretString?, for settings: SingleSignOnSettings, after before: SingleSignOnState?
    ) throws(Refusal) -> [UInt8]? {
        let place = settings.secretPlace
        guard let secret, !secret.isEmpty else {
            guard let before, let sealed = before.sealedSecret else { return nil }
            let old = SingleSignOnSettings(stored: before.settings)
            guard old.issuer == settings.issuer, old.clientID == settings.clientID else {
                throw .invalid(
                    "client_secret", "Type the client secret again: the issuer or the client ID is another.",
                    code: .clientSecret)
            }
            return sealed
        }
        guard secret.utf8Count <= 4096 else {
            throw .invalid("client_secret", "The client secret is too long: 4096 bytes at most.", code: .clientSecret)
        }
        // The same secret again is no change.
        if let sealed = before?.sealedSecret, let old = try? account.vault.open(sealed, at: place), old == secret {
            return sealed
        }
        do { return try account.vault.seal(secret, at: place) } catch {
            throw Refusal(.internalFailure, "The secret could not be sealed: tell the operator of this server.")
        }
    }

    /// The group that a name, or a unique id, names.
    func group(called name: String) async throws(Refusal) -> GUID? {
        try await attempt { () throws(StoreError) in
            if let group = try await account.store.group(name: name) { return group.guid }
            let page = try await account.store.groups(prefix: name, with: nil, PageRequest(number: 1, size: 50))
            return page.elements.first { $0.uniqueID == name }?.guid
        }
    }
}
