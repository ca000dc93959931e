/// A request to the control door that cannot be carried out: 400 (404 for what does not exist), with a sentence.
struct ControlRefusal: Error, Sendable {
    let sentence: String

    init(_ sentence: String) {
        self.sentence = sentence
    }
}

/// An error of RFC 6749 (section 4.1.2.1 and 5.2).
struct OAuthRefusal: Error, Sendable {
    enum Code: String, Sendable {
        case accessDenied = "access_denied"
        case invalidClient = "invalid_client"
        case invalidGrant = "invalid_grant"
        case invalidRequest = "invalid_request"
        case invalidScope = "invalid_scope"
        case unauthorizedClient = "unauthorized_client"
        case unsupportedGrantType = "unsupported_grant_type"
        case unsupportedResponseType = "unsupported_response_type"
    }

    let code: Code
    let sentence: String

    init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}

/// Why an authorization request leads to no login page (RFC 6749, section 4.1.2.1).
enum AuthorizationProblem: Error, Sendable {
    /// Client or redirect URI cannot be trusted: an error page, never a redirect.
    case page(String)
    /// Anything else: the error goes back to the client.
    case redirect(OAuthRefusal, to: String, state: String?)
}
