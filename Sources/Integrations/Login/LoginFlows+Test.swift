public import Accounts
import Cryptography
import HTTPClient
import JSON
import OAuthClient
public import Storage

/// Logins that an administrator tries out.
extension LoginFlows {
    /// Begins a login whose tokens are not kept: `complete` tells what came back.
    public func beginTest(
        of guid: GUID, for identity: BrowserIdentity, by admin: Administrator
    ) async throws(Refusal) -> Beginning {
        let path = "/accounts/\(account.slug)/integrations/\(guid)/test"
        return try await begin(guid, for: identity, returnPath: path, purpose: .test)
    }

    /// What a provider is asked for when somebody logs in; nil where nobody does, or the config is not usable.
    public func request(_ integration: IntegrationRecord) -> (host: String, client: String, scopes: [String])? {
        guard let provider = try? Provider(integration, policy: outbound), let front = provider.authorizationEndpoint
        else { return nil }
        let host = front.split(separator: "/").dropFirst().first.map(String.init) ?? front
        return (host, provider.clientID, provider.scopes.split(separator: " ").map(String.init))
    }

    /// The report on what was granted; the tokens are revoked where that is possible and ends nothing else.
    func report(
        _ grant: TokenGrant, _ claims: IDToken.Claims?, _ integration: IntegrationRecord, by caller: Caller
    ) async throws(Refusal) -> LoginTest {
        let revocation = await revoke(grant, of: integration, by: caller)
        try await account.require(caller.premises, at: clock.now)
        let identity: LoginTest.Identity =
            if let claims {
                .verified(
                    subject: claims.subject, email: claims.email, username: claims.username, name: claims.name)
            } else if let username = grant.username {
                .named(username)
            } else {
                grant.idToken == nil ? .unknown : .unchecked
            }
        let granted = LoginTest.Granted(
            asked: request(integration)?.scopes ?? [],
            given: grant.scope?.split(separator: " ").map(String.init),
            lifetime: grant.expiresIn?.components.seconds,
            usedFor: Template.lifetime(of: grant, integration).components.seconds,
            hasRefreshToken: grant.refreshToken != nil,
            refreshLifetime: grant.refreshTokenExpiresIn?.components.seconds, tokenType: grant.tokenType,
            identity: identity, revocation: revocation)
        await noteTest(of: integration, .success, caller, [:])
        return LoginTest(integration: integration.guid, name: integration.name, result: .granted(granted))
    }

    /// Tells an administrator, whose own test it was, what went wrong; anybody else gets the refusal.
    func report(
        _ refusal: Refusal, of flow: LoginFlowRecord, _ identity: BrowserIdentity?
    ) async throws(Refusal) -> LoginTest {
        guard let identity, identity.user.guid == flow.userGUID, identity.caller.role == .administrator else {
            throw refusal
        }
        let found = try await attempt { () throws(StoreError) in
            try await account.store.integration(flow.integrationGUID)
        }
        guard let integration = found else { throw .notFound("integration") }
        try await account.require(identity.caller.premises, at: clock.now)
        let reason = refusal.payload?["reason"]?.stringValue ?? LoginFailure.own.rawValue
        await noteTest(
            of: integration, .failure, identity.caller,
            (["reason": .string(reason)] as JSONObject).merging(refusal.causeDetail))
        return LoginTest(
            integration: integration.guid, name: integration.name,
            result: .failed(
                why: refusal.explained.message,
                advice: (LoginFailure(rawValue: reason) ?? .own).advice))
    }

    /// Gives tokens back that are not kept.
    func revoke(
        _ grant: TokenGrant, of integration: IntegrationRecord, by caller: Caller
    ) async -> LoginTest.Revocation {
        do {
            let provider = try Provider(integration, policy: outbound)
            guard let url = provider.revocationEndpoint else { return .notOffered }
            let own = try await account.store.oauthSession(user: caller.user.guid, integration: integration.guid)
            guard own == nil else { return .spared }
            let secret = try integration.sealedSecret.map {
                try account.vault.open($0, at: .clientSecret(integration.guid))
            }
            let endpoint = RevocationEndpoint(url: url, credentials: try provider.credentials(secret: secret)) {
                [clock] in clock.now.seconds
            }
            // The refresh token first, for it is worth most.
            let tokens = [(grant.refreshToken, TokenTypeHint.refreshToken), (grant.accessToken, .accessToken)]
            for case (let token?, let hint) in tokens {
                let outcome = await Measurements.provider(.revocation, integration.template) {
                    await endpoint.revoke(token, hint: hint, over: transport)
                }
                guard outcome == .done else { return .failed }
            }
            return .done
        } catch {
            return .failed
        }
    }

    private func noteTest(
        of integration: IntegrationRecord, _ outcome: EventRecord.Outcome, _ caller: Caller, _ details: JSONObject
    ) async {
        let event = caller.note(
            .integrationVerified, outcome, at: clock.now, integration: integration.guid,
            details: (["name": .string(integration.name), "by": "login"] as JSONObject).merging(details))
        // Whoever tests is told either way; a disk that is full must not make it another answer.
        await journal.note(event)
    }
}
