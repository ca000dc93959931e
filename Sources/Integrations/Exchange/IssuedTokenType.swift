/// What an exchange gives (RFC 8693, section 3, and Connect's own).
public enum IssuedTokenType: String, Sendable, CaseIterable {
    /// An access token of the provider.
    case accessToken = "urn:ietf:params:oauth:token-type:access_token"
    /// A short-lived API key of the viewer for this server.
    case apiKey = "urn:posit:connect:api-key"
    /// Temporary credentials of AWS: base64 of a JSON object.
    case awsCredentials = "urn:ietf:params:aws:token-type:credentials"

    /// How the token is presented: `token_type` of the answer.
    public var tokenType: String {
        switch self {
        case .accessToken: "Bearer"
        case .apiKey: "Key"
        case .awsCredentials: "aws_credentials"
        }
    }
}
