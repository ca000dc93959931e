public import Cryptography
public import JSON

/// A configured OAuth client of an account.
public struct IntegrationRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Which it is.
    public let guid: GUID
    /// For people.
    public var name: String
    /// For people; may be empty.
    public var description: String
    /// The key of the template it was made from.
    public let template: String
    /// Who the tokens act for, in the API's words (`Viewer`).
    public var authType: String
    /// Whether content acts for whoever views it, and so needs viewers who sign in; a service account acts for itself.
    public var actsForViewer: Bool { authType != "Service Account" }
    /// What was configured, without secrets.
    public var config: JSONObject
    /// The one secret by which it proves who it is, sealed; nil where it needs none.
    public var sealedSecret: [UInt8]?
    /// Counts the changes, so that a login flow notices one.
    public var version: Int64
    /// When it was created.
    public let createdAt: Timestamp
    /// When it was last changed.
    public var updatedAt: Timestamp

    /// An integration with these values.
    public init(
        id: Int64 = 0, guid: GUID, name: String, description: String, template: String, authType: String,
        config: JSONObject,
        sealedSecret: [UInt8]?, version: Int64 = 1, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.guid = guid
        self.name = name
        self.description = description
        self.template = template
        self.authType = authType
        self.config = config
        self.sealedSecret = sealedSecret
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Who may attach an integration. An integration without any is for every publisher.
public struct IntegrationPermissionRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Which it is.
    public let guid: GUID
    /// The integration.
    public let integrationGUID: GUID
    /// Who may attach it.
    public let principal: Principal

    /// A permission with these values.
    public init(id: Int64 = 0, guid: GUID, integrationGUID: GUID, principal: Principal) {
        self.id = id
        self.guid = guid
        self.integrationGUID = integrationGUID
        self.principal = principal
    }
}

extension [IntegrationPermissionRecord] {
    /// Whether somebody may attach an integration: its list is empty or names them or one of their groups, or they are an
    /// administrator. The permissions may be those of other integrations too.
    ///
    /// - Parameters:
    ///   - role: what the person may do here.
    ///   - groups: all groups that the person is in.
    public func permit(_ integration: GUID, to user: GUID, role: Role, groups: Set<GUID>) -> Bool {
        let allowed = filter { $0.integrationGUID == integration }
        if allowed.isEmpty || role == .administrator { return true }
        return allowed.contains { $0.principal.includes(user, in: groups) }
    }
}

/// One authorization-code round trip, from the login to the callback; all that the callback needs is frozen here.
public struct LoginFlowRecord: Sendable, Equatable {
    /// What the login is for.
    public enum Purpose: String, Sendable {
        /// A viewer gets a session.
        case login
        /// An administrator is told what comes back; nothing of it is kept.
        case test
    }

    /// The hash of `state`.
    public let stateHash: Digest
    /// The hash of the secret in the cookie of the browser that started it.
    public let browserHash: Digest
    /// The integration.
    public let integrationGUID: GUID
    /// The integration's version when the flow began.
    public let integrationVersion: Int64
    /// Who logs in.
    public let userGUID: GUID
    /// The PKCE code verifier, sealed; nil where the provider does not do PKCE.
    public let sealedVerifier: [UInt8]?
    /// The nonce that an id_token must repeat, sealed.
    public let sealedNonce: [UInt8]
    /// The issuer that `iss` and an id_token must name; nil where none is known.
    public let issuer: String?
    /// Whether the provider promises `iss` in its answer (RFC 9207).
    public let requiresIssuer: Bool
    /// Where the code goes.
    public let tokenEndpoint: String
    /// The client id that the provider was told.
    public let clientID: String
    /// The redirect URI that the provider was told.
    public let redirectURI: String
    /// Where the browser goes in the end, relative to the base URL.
    public let returnPath: String
    /// When the flow stops working.
    public let expiresAt: Timestamp
    /// What the login is for.
    public let purpose: Purpose

    /// A flow with these values.
    public init(
        stateHash: Digest, browserHash: Digest, integrationGUID: GUID, integrationVersion: Int64, userGUID: GUID,
        sealedVerifier: [UInt8]?, sealedNonce: [UInt8], issuer: String?, requiresIssuer: Bool, tokenEndpoint: String,
        clientID: String, redirectURI: String, returnPath: String, expiresAt: Timestamp, purpose: Purpose = .login
    ) {
        self.stateHash = stateHash
        self.browserHash = browserHash
        self.integrationGUID = integrationGUID
        self.integrationVersion = integrationVersion
        self.userGUID = userGUID
        self.sealedVerifier = sealedVerifier
        self.sealedNonce = sealedNonce
        self.issuer = issuer
        self.requiresIssuer = requiresIssuer
        self.tokenEndpoint = tokenEndpoint
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.returnPath = returnPath
        self.expiresAt = expiresAt
        self.purpose = purpose
    }
}

/// The tokens that a provider granted, sealed.
public struct SealedTokens: Sendable, Equatable {
    /// The access token.
    public var access: [UInt8]
    /// The refresh token; nil where the provider gave none.
    public var refresh: [UInt8]?
    /// When the access token expires by our clock, as the provider said or as is assumed of its kind.
    public var expiresAt: Timestamp?
    /// From when on it is refreshed before it is handed out; nil: only on demand.
    public var refreshAt: Timestamp?
    /// The granted scope, where the provider said.
    public var scope: String?

    /// Tokens with these values.
    public init(access: [UInt8], refresh: [UInt8]?, expiresAt: Timestamp?, refreshAt: Timestamp?, scope: String?) {
        self.access = access
        self.refresh = refresh
        self.expiresAt = expiresAt
        self.refreshAt = refreshAt
        self.scope = scope
    }
}

/// What a user's login to an integration left: the sealed tokens and how they fare.
public struct OAuthSessionRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Which it is.
    public let guid: GUID
    /// Whose.
    public let userGUID: GUID
    /// With which integration.
    public let integrationGUID: GUID
    /// The tokens.
    public var tokens: SealedTokens
    /// Why the viewer must log in again, in the words of `payload.reason`; nil while the session works.
    public var needsLogin: String?
    /// The word for a session whose access token has ended, and that nothing can renew; it is not written, for it comes with
    /// time.
    public static let expired = "access_token_expired"
    /// When a refresh token was last presented without its outcome being stored yet: set while a refresh is under way,
    /// found set afterwards only if its answer was lost.
    public var refreshStartedAt: Timestamp?
    /// When the provider answered a refresh with status 400 and no error that can be read; a second such answer ends the
    /// session. nil again after any login or refresh.
    public var unexplainedAt: Timestamp?
    /// Counts the changes of the tokens, so that of two writers one notices.
    public var version: Int64
    /// When the viewer first logged in.
    public let createdAt: Timestamp
    /// When the tokens were last changed.
    public var updatedAt: Timestamp
}
