/// What the error codes of token endpoints mean for what is stored here. `docs/provider_errors.md` has the same table for
/// people, and a test compares the two.
///
/// Without an entry a code ends nothing: the tokens stay, and the same viewer is asked for again later.
public struct TokenErrorCode: Sendable, Hashable {
    /// What an error ends when a refresh token was presented.
    public enum Effect: String, Sendable, Hashable, CaseIterable {
        /// The one viewer's session: that viewer logs in again, all others go on.
        case session
        /// The integration: the tokens stay, and none of them is refreshed until a pause is over.
        case integration
        /// Nothing: the tokens stay, and the next try comes later.
        case nothing
    }

    /// Why a viewer must log in again, as `payload.reason` says it.
    public enum LoginReason: String, Sendable, Hashable, CaseIterable {
        /// The refresh token has expired, was revoked or is not known.
        case refreshTokenRejected = "refresh_token_rejected"
        /// The provider wants something that only a person can do there, such as a second factor.
        case interactionRequired = "interaction_required"
        /// The viewer must agree again to what the client asks for.
        case consentRequired = "consent_required"
        /// The viewer's session at the provider is over.
        case loginRequired = "login_required"
        /// The viewer must choose one of several accounts at the provider.
        case accountSelectionRequired = "account_selection_required"
        /// The provider does not give this viewer access, such as after a change of policy or for a disabled user.
        case accessDenied = "access_denied"
    }

    /// The meaning of a code that comes back with the browser (RFC 6749, section 4.1.2.1).
    public enum LoginAnswer: Sendable, Hashable {
        /// The viewer, or the provider for them, said no.
        case declined
        /// The provider refuses the request.
        case refused(ProviderRefusal.Kind)
        /// The provider cannot do it now.
        case unavailable
    }

    /// How the code is treated.
    enum Meaning: Sendable, Hashable {
        /// A refusal of this viewer's grant.
        case viewer(LoginReason)
        /// A refusal of the client; no session of the integration fares better.
        case client(ProviderRefusal.Kind)
        /// A refusal that says nothing about the token or the client.
        case refusal(ProviderRefusal.Kind)
        /// "Not now"; `mayBeSpent` tells whether a single-use refresh token may have been used up.
        case notNow(ProviderUnavailability.Reason, mayBeSpent: Bool)
    }

    /// In lower case.
    public let code: String
    /// The code means this only where the provider's sentence, in lower case, has these words; nil: always.
    public let words: String?
    /// Who defines it.
    public let source: String
    let meaning: Meaning

    /// What it ends.
    public var effect: Effect {
        switch meaning {
        case .viewer: .session
        // A limit is the client's own: the other sessions of the integration are refused as well.
        case .client, .notNow(.rateLimited, mayBeSpent: _): .integration
        case .refusal, .notNow: .nothing
        }
    }

    /// The word of `payload.reason` in the answer to content: of code 220 where a session ends, of code 219 otherwise.
    public var reason: String {
        switch meaning {
        case .viewer(let reason): reason.rawValue
        case .client: "integration_misconfigured"
        case .refusal, .notNow: "provider_unavailable"
        }
    }

    /// The meaning of a code that came back with the browser, known or not.
    public static func loginAnswer(_ code: String) -> LoginAnswer {
        switch entry(code, sentence: nil)?.meaning {
        case .viewer(.accessDenied): .declined
        case .viewer: .refused(.viewer)
        case .client(let kind), .refusal(let kind): .refused(kind)
        case .notNow: .unavailable
        case nil: .refused(.other)
        }
    }

    private init(_ code: String, _ source: String, _ meaning: Meaning, words: String? = nil) {
        self.code = code
        self.source = source
        self.meaning = meaning
        self.words = words
    }

    /// The entry for a code and the provider's sentence beside it, which counts where a refresh token was presented; nil: the
    /// code is not known.
    static func entry(_ code: String, sentence: String?) -> TokenErrorCode? {
        let code = code.lowercased()
        let sentence = sentence?.lowercased() ?? ""
        return all.first { $0.code == code && ($0.words.map { sentence.contains($0) } ?? true) }
    }

    /// Every code that is known. Where two entries have one code, that with `words` comes first.
    public static let all: [TokenErrorCode] = viewers + clients + others

    private static let oauth = "RFC 6749"
    private static let openID = "OpenID Connect"
    private static let microsoft = "Microsoft Entra"
    private static let google = "Google"
    private static let gitHub = "GitHub"
    private static let keycloak = "Keycloak"
    private static let salesforce = "Salesforce"
    private static let databricks = "Databricks"

    private static let viewers: [TokenErrorCode] = [
        .init("invalid_grant", oauth, .viewer(.refreshTokenRejected)),
        .init("access_denied", oauth, .viewer(.accessDenied)),
        .init("invalid_token", "RFC 6750", .viewer(.refreshTokenRejected)),
        .init("expired_token", "RFC 8628", .viewer(.refreshTokenRejected)),
        .init("insufficient_user_authentication", "RFC 9470", .viewer(.interactionRequired)),
        .init("interaction_required", openID, .viewer(.interactionRequired)),
        .init("login_required", openID, .viewer(.loginRequired)),
        .init("account_selection_required", openID, .viewer(.accountSelectionRequired)),
        .init("consent_required", openID, .viewer(.consentRequired)),
        .init("unmet_authentication_requirements", openID, .viewer(.interactionRequired)),
        .init("bad_token", microsoft, .viewer(.refreshTokenRejected)),
        .init("interrupted_user", microsoft, .viewer(.interactionRequired)),
        .init("invalid_request", databricks, .viewer(.refreshTokenRejected), words: "refresh token is invalid"),
        .init("bad_refresh_token", gitHub, .viewer(.refreshTokenRejected)),
        .init("bad_verification_code", gitHub, .viewer(.refreshTokenRejected)),
        .init("unverified_user_email", gitHub, .viewer(.interactionRequired)),
        .init("invalid_scope", keycloak, .viewer(.consentRequired), words: "consent"),
        .init("inactive_user", salesforce, .viewer(.accessDenied)),
        .init("invalid_app_access", salesforce, .viewer(.accessDenied)),
        .init("oauth_app_access_denied", salesforce, .viewer(.accessDenied)),
        .init("admin_policy_enforced", google, .viewer(.accessDenied)),
        .init("org_internal", google, .viewer(.accessDenied)),
    ]

    private static let clients: [TokenErrorCode] = [
        .init("invalid_client", oauth, .client(.invalidClient)),
        .init("unauthorized_client", oauth, .client(.unauthorizedClient)),
        .init("unsupported_grant_type", oauth, .client(.unauthorizedClient)),
        .init("invalid_scope", oauth, .client(.invalidScope)),
        .init("invalid_target", "RFC 8707", .client(.invalidRequest)),
        .init("invalid_dpop_proof", "RFC 9449", .client(.invalidRequest)),
        .init("use_dpop_nonce", "RFC 9449", .client(.invalidRequest)),
        .init("invalid_resource", microsoft, .client(.invalidScope)),
        .init("incorrect_client_credentials", gitHub, .client(.invalidClient)),
        .init("redirect_uri_mismatch", gitHub, .client(.invalidRequest)),
        .init("application_suspended", gitHub, .client(.invalidClient)),
        .init("invalid_client_id", salesforce, .client(.invalidClient)),
        .init("invalid_client_credentials", salesforce, .client(.invalidClient)),
        .init("inactive_org", salesforce, .client(.unauthorizedClient)),
        .init("deleted_client", google, .client(.invalidClient)),
        .init("disabled_client", google, .client(.invalidClient)),
        .init("access_not_configured", google, .client(.unauthorizedClient)),
    ]

    private static let others: [TokenErrorCode] = [
        .init("invalid_request", oauth, .refusal(.invalidRequest)),
        .init("unsupported_response_type", oauth, .refusal(.other)),
        .init("invalid_request_uri", openID, .refusal(.invalidRequest)),
        .init("invalid_request_object", openID, .refusal(.invalidRequest)),
        .init("request_not_supported", openID, .refusal(.invalidRequest)),
        .init("request_uri_not_supported", openID, .refusal(.invalidRequest)),
        .init("registration_not_supported", openID, .refusal(.invalidRequest)),
        .init("insufficient_scope", "RFC 6750", .refusal(.invalidScope)),
        .init("server_error", oauth, .notNow(.serverError, mayBeSpent: true)),
        .init("temporarily_unavailable", oauth, .notNow(.serverError, mayBeSpent: false)),
        .init("slow_down", "RFC 8628", .notNow(.rateLimited, mayBeSpent: false)),
        .init("rate_limit_exceeded", salesforce, .notNow(.rateLimited, mayBeSpent: false)),
        .init("request_limit_exceeded", databricks, .notNow(.rateLimited, mayBeSpent: false)),
        .init("resource_exhausted", databricks, .notNow(.rateLimited, mayBeSpent: false)),
        .init("permission_denied", databricks, .refusal(.other)),
        .init("internal_error", databricks, .notNow(.serverError, mayBeSpent: true)),
    ]
}
