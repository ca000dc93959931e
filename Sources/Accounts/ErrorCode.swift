/// The error codes of the API, in Connect's numbers: what clients branch on.
///
/// One table: the number, and the HTTP status that goes with it.
public enum ErrorCode: Int, Sendable, CaseIterable {
    case objectDoesNotExist = 4
    case permissionDenied = 22
    case authenticationRequired = 24
    case parameter = 25
    case userLocked = 50
    case crossSiteRequest = 92
    case unknownAccessType = 117
    case accessTypeNotAllowed = 118
    case notJSON = 121
    case clientID = 203
    case clientSecret = 205
    case integrationGUID = 207
    case integrations = 208
    case association = 209
    case formMissing = 210
    case formUnreadable = 211
    case noAssociation = 212
    case grantType = 213
    case subjectTokenType = 214
    case subjectToken = 215
    case issuedByAnotherServer = 216
    case viewerUnknown = 217
    case refreshFailed = 219
    case loginRequired = 220
    case integrationName = 225
    case integrationDescription = 226
    case unknownTemplate = 227
    case templateConfig = 228
    case prohibitedChange = 229
    case loginNotPossible = 230
    case contentSessionToken = 236
    case viewerTokenNotSupported = 237
    case contentTokenNotSupported = 238
    case verifyNotPossible = 240
    case serviceAccountFailed = 241
    case requestedTokenType = 242
    case awsFailed = 248
    case requestedTokenTypeNotFitting = 249
    case visitorKeyNeedsViewer = 252
    case audience = 256
    case audienceMissing = 257
    case duplicates = 258
    case tooManyRequests = 277
    /// Ours: the address knows other methods.
    case methodNotAllowed = 405
    /// Ours: the body arrived too slowly.
    case requestTimeout = 408
    /// Ours: the bundle is the one that is deployed.
    case bundleActive = 409
    /// Ours: the body is larger than the server reads.
    case bodyTooLarge = 413
    /// Ours: the address of content is longer than the server and its proxies pass on.
    case addressTooLong = 414
    /// Ours: the body is of another kind than the address reads.
    case unsupportedMediaType = 415
    /// Ours: there are as many of these as may be.
    case quotaReached = 422
    /// Ours: something on this side failed; the log has the correlation id.
    case internalFailure = 500
    /// Ours: the account cannot be opened or written for now.
    case accountUnavailable = 503
    /// Ours: what is free of the disk is kept for what must go on.
    case insufficientStorage = 507
    /// Ours: content's `upstream_url` leads back to the proxy in front of content.
    case upstreamLoop = 508

    /// The HTTP status that the code is sent with.
    public var status: Int {
        switch self {
        case .authenticationRequired, .userLocked: 401
        case .permissionDenied, .crossSiteRequest: 403
        case .objectDoesNotExist: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .duplicates, .bundleActive: 409
        case .bodyTooLarge: 413
        case .addressTooLong: 414
        case .unsupportedMediaType: 415
        case .quotaReached: 422
        case .tooManyRequests: 429
        case .internalFailure: 500
        case .refreshFailed: 502
        case .accountUnavailable: 503
        case .insufficientStorage: 507
        case .upstreamLoop: 508
        default: 400
        }
    }
}
