import Accounts
import OAuthClient
import Storage

/// The form of an exchange (RFC 8693, section 2.1, with Connect's token types), read and checked.
public struct ExchangeRequest: Sendable {
    /// `grant_type` of every exchange.
    public static let grantType = "urn:ietf:params:oauth:grant-type:token-exchange"
    /// What a viewer's request to content carries.
    public static let userTokenType = "urn:posit:connect:user-session-token"
    /// What content has to act as itself.
    public static let contentTokenType = "urn:posit:connect:content-session-token"
    let kind: SessionToken.Kind
    let subjectToken: String
    let audience: GUID?
    /// What is wanted; an access token where the form is silent.
    let wanted: IssuedTokenType

    /// - Throws: `Refusal` 211, 213, 214, 215, 242, 256: each parameter has its own code.
    init(form: [UInt8]) throws(Refusal) {
        let fields: [String: String]
        do { fields = try FormEncoding.fields(form) } catch {
            throw Refusal(
                .formUnreadable,
                "The form cannot be read: send application/x-www-form-urlencoded, each parameter once."
            )
        }
        guard fields["grant_type"] == Self.grantType else {
            throw .invalid("grant_type", "grant_type must be \(Self.grantType).", code: .grantType)
        }
        switch fields["subject_token_type"] {
        case Self.userTokenType: kind = .user
        case Self.contentTokenType: kind = .content
        default:
            throw .invalid(
                "subject_token_type", "subject_token_type must be \(Self.userTokenType) or \(Self.contentTokenType).",
                code: .subjectTokenType
            )
        }
        let wanted = fields["requested_token_type"] ?? ""
        guard let type = wanted.isEmpty ? .accessToken : IssuedTokenType(rawValue: wanted) else {
            let known = IssuedTokenType.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(
                "requested_token_type", "requested_token_type must be one of \(known), or left out.",
                code: .requestedTokenType
            )
        }
        self.wanted = type
        guard let token = fields["subject_token"], !token.isEmpty else {
            throw .invalid(
                "subject_token",
                "subject_token is missing: send what the request had in Posit-Connect-User-Session-Token.",
                code: .subjectToken
            )
        }
        subjectToken = token
        let audience = fields["audience"] ?? ""
        guard audience.isEmpty || GUID(audience) != nil else { throw Self.unknownAudience }
        self.audience = GUID(audience)
    }

    static let unknownAudience = Refusal.invalid(
        "audience", "audience must be the GUID of an integration that this content uses.", code: .audience
    )
}
