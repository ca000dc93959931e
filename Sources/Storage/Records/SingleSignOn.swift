public import Cryptography
public import JSON

/// One state of an account's single sign-on: settings and secret as they are kept.
public struct SingleSignOnState: Sendable, Equatable {
    /// Counts up with every change of settings, so that what began under another state is recognised.
    public let version: Int64
    /// The settings; what they mean is for the domain to say.
    public let settings: JSONObject
    /// The client secret, sealed; nil for a public client.
    public let sealedSecret: [UInt8]?

    /// A state with these values.
    public init(version: Int64, settings: JSONObject, sealedSecret: [UInt8]?) {
        self.version = version
        self.settings = settings
        self.sealedSecret = sealedSecret
    }
}

/// An account's single sign-on: what is being prepared, and what is in force.
public struct SingleSignOnRecord: Sendable, Equatable {
    /// Counts the changes, so that of two writers one notices; 0 before anything is stored.
    public let changeCount: Int64
    /// What an administrator typed last, and can test.
    public var draft: SingleSignOnState
    /// What people sign in with; nil where single sign-on is off.
    public var live: SingleSignOnState?
    /// Whether passwords are refused, but for those who are named for emergencies.
    public var isOnly: Bool
    /// When any of it was last changed.
    public var updatedAt: Timestamp

    /// A record with these values.
    public init(
        changeCount: Int64 = 0, draft: SingleSignOnState, live: SingleSignOnState? = nil, isOnly: Bool = false,
        updatedAt: Timestamp
    ) {
        self.changeCount = changeCount
        self.draft = draft
        self.live = live
        self.isOnly = isOnly
        self.updatedAt = updatedAt
    }
}

/// Somebody at an issuer, and the user they are here.
public struct UserIdentityRecord: Sendable, Equatable {
    /// The issuer, to the letter.
    public let issuer: String
    /// `sub`: who it is there, unique and never given to somebody else.
    public let subject: String
    /// Who it is here.
    public let userGUID: GUID
    /// When the two were connected.
    public let createdAt: Timestamp

    /// An identity with these values.
    public init(issuer: String, subject: String, userGUID: GUID, createdAt: Timestamp) {
        self.issuer = issuer
        self.subject = subject
        self.userGUID = userGUID
        self.createdAt = createdAt
    }
}

/// A user who is connected with an issuer.
public struct ConnectedUser: Sendable, Equatable {
    /// The user.
    public let user: UserRecord
    /// Since when.
    public let since: Timestamp
}

/// One sign-in on its way through the identity provider; all that its callback needs is frozen here.
public struct SignInFlowRecord: Sendable, Equatable {
    /// The hash of `state`.
    public let stateHash: Digest
    /// The hash of the secret in the cookie of the browser that started it.
    public let browserHash: Digest
    /// The version of the settings under which it began.
    public let settingsVersion: Int64
    /// The administrator who tests the draft; nil for a sign-in.
    public let testerGUID: GUID?
    /// The PKCE code verifier, sealed.
    public let sealedVerifier: [UInt8]
    /// The nonce that the id_token must repeat, sealed.
    public let sealedNonce: [UInt8]
    /// The issuer that `iss` and the id_token must name.
    public let issuer: String
    /// Whether the provider promises `iss` in its answer (RFC 9207).
    public let requiresIssuer: Bool
    /// Where the code goes.
    public let tokenEndpoint: String
    /// How the client proves itself there.
    public let authentication: String
    /// Where the issuer's keys are.
    public let jwksURI: String
    /// Where more claims are; nil where the provider has no such place.
    public let userInfoEndpoint: String?
    /// The client id that the provider was told.
    public let clientID: String
    /// The redirect URI that the provider was told.
    public let redirectURI: String
    /// Where the browser goes in the end, relative to the base URL.
    public let returnPath: String
    /// When the flow stops working.
    public let expiresAt: Timestamp

    /// A flow with these values.
    public init(
        stateHash: Digest, browserHash: Digest, settingsVersion: Int64, testerGUID: GUID?, sealedVerifier: [UInt8],
        sealedNonce: [UInt8], issuer: String, requiresIssuer: Bool, tokenEndpoint: String, authentication: String,
        jwksURI: String, userInfoEndpoint: String?, clientID: String, redirectURI: String, returnPath: String,
        expiresAt: Timestamp
    ) {
        self.stateHash = stateHash
        self.browserHash = browserHash
        self.settingsVersion = settingsVersion
        self.testerGUID = testerGUID
        self.sealedVerifier = sealedVerifier
        self.sealedNonce = sealedNonce
        self.issuer = issuer
        self.requiresIssuer = requiresIssuer
        self.tokenEndpoint = tokenEndpoint
        self.authentication = authentication
        self.jwksURI = jwksURI
        self.userInfoEndpoint = userInfoEndpoint
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.returnPath = returnPath
        self.expiresAt = expiresAt
    }
}

/// What came of an administrator's test: who they are at the provider, and what would follow from it.
public struct SignInTestRecord: Sendable, Equatable {
    /// The administrator.
    public let userGUID: GUID
    /// The version of the settings that were tested.
    public let settingsVersion: Int64
    /// The issuer.
    public let issuer: String
    /// Who signed in there.
    public let subject: String
    /// Names of claims and what was made of them; neither tokens nor codes.
    public let report: JSONObject
    /// When.
    public let at: Timestamp

    /// A test with these values.
    public init(
        userGUID: GUID, settingsVersion: Int64, issuer: String, subject: String, report: JSONObject, at: Timestamp
    ) {
        self.userGUID = userGUID
        self.settingsVersion = settingsVersion
        self.issuer = issuer
        self.subject = subject
        self.report = report
        self.at = at
    }
}
