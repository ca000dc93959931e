import Accounts
import JSON
import OAuthClient
import Storage

/// Somebody whom the identity provider named, in a token whose signature was verified.
struct ProviderPerson: Sendable {
    let issuer: String
    /// Who it is there; alone decides who it is here, once the two were connected.
    let subject: String
    /// In the form of an address; nil where there is none.
    let email: String?
    let isEmailVerified: Bool
    let firstName: String
    let lastName: String
    /// All claims.
    let claims: JSONObject

    init(issuer: String, subject: String, claims: JSONObject) {
        self.issuer = issuer
        self.subject = subject
        self.claims = claims
        email = claims["email"]?.stringValue.flatMap { try? TextRules.email($0) }
        // Some issuers write the boolean as a string.
        isEmailVerified =
            claims["email_verified"]?.boolValue
            ?? (claims["email_verified"]?.stringValue?.lowercased() == "true")
        func name(_ claim: String) -> String {
            claims[claim]?.stringValue.flatMap { try? TextRules.line($0, field: claim) } ?? ""
        }
        let (first, last) = (name("given_name"), name("family_name"))
        firstName = first.isEmpty && last.isEmpty ? name("name") : first
        lastName = last
    }

    /// The part of the email behind its `@`.
    var domain: String? { email?.split(separator: "@").last.map { $0.lowercased() } }
}

/// What follows from who somebody is at the provider.
enum SignInVerdict: Sendable {
    /// They are connected with a user.
    case known(UserRecord)
    /// They are not, and this user, whose email it is, will be.
    case links(UserRecord)
    /// They are nobody yet, and will be this user.
    case adds(UserRecord)
    /// They do not come in.
    case refused(SignInObstacle)
}

/// Why somebody whom the provider knows does not come in.
enum SignInObstacle: String, Sendable {
    case locked
    case noEmail = "no_email"
    case emailNotVerified = "email_not_verified"
    case domainNotAllowed = "domain_not_allowed"
    case notInvited = "not_invited"
    case connectedToAnother = "connected_to_another"
    case administratorWithPassword = "administrator_with_password"

    /// What the person is told.
    var sentence: String {
        switch self {
        case .locked: "Your access to this account was locked: ask your administrator."
        case .noEmail:
            "The identity provider did not tell your email address, and without it nobody can be recognised here the "
                + "first time: ask your administrator to have it sent (the scope or claim `email`)."
        case .emailNotVerified:
            "The identity provider does not say that your email address is verified: verify it there, then sign in again, "
                + "or ask your administrator."
        case .domainNotAllowed:
            "Addresses like yours may not sign in to this account: use your company's address, or ask your administrator."
        case .notInvited: "You have no access to this account yet: ask your administrator to invite you."
        case .connectedToAnother:
            "The user with your email address is connected with somebody else at the identity provider: ask your "
                + "administrator to disconnect it, if that was you."
        case .administratorWithPassword:
            "You are an administrator with a password here, and those are not connected by their email address alone: "
                + "sign in with your password, open Single sign-on, test it there, and connect yourself. Without a password "
                + "that is accepted, ask another administrator."
        }
    }
}

extension SingleSignOnSettings {
    /// The role that the claims give; nil where no rule says anything.
    func role(by claims: JSONObject) -> Role? {
        guard !roleClaim.isEmpty else { return nil }
        let values = ClaimValues.texts(roleClaim, in: claims)
        return roles.filter { values.contains($0.value) }.map(\.role).max()
    }

    /// Claims that the provider knows but the token does not list. What they decide stays as it is stored, but for
    /// administrators.
    func omissions(in claims: JSONObject) -> [(kind: String, sentence: String)] {
        [("role", roleClaim), ("groups", groupClaim)].compactMap { kind, claim in
            ClaimValues.omission(of: claim, in: claims).map { sign in
                (
                    kind: kind,
                    sentence:
                        "The token does not list the values of \(claim) (\(sign)), so the \(kind) stayed as before"
                        + (kind == "role" ? ", but an administrator gets the default role." : ".")
                )
            }
        }
    }

    /// Of the groups that rules name: which the claims make somebody a member of. None is judged where the token does not list
    /// them.
    func membership(by claims: JSONObject) -> [GUID: Bool] {
        guard ClaimValues.omission(of: groupClaim, in: claims) == nil else { return [:] }
        let values = groupClaim.isEmpty ? [] : ClaimValues.texts(groupClaim, in: claims)
        var membership: [GUID: Bool] = [:]
        for rule in groups { membership[rule.group] = membership[rule.group] == true || values.contains(rule.value) }
        return membership
    }

    /// Why an email is not enough to recognise somebody by the first time; nil where it is.
    func obstacle(of person: ProviderPerson) -> SignInObstacle? {
        guard person.email != nil, let domain = person.domain else { return .noEmail }
        guard person.isEmailVerified || !requiresVerifiedEmail else { return .emailNotVerified }
        guard domains.isEmpty || domains.contains(domain) else { return .domainNotAllowed }
        return nil
    }
}
