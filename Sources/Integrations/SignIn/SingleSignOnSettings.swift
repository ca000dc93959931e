import Accounts
import Cryptography
public import JSON
public import Storage

/// How the people of an account sign in at their company's identity provider (OpenID Connect).
public struct SingleSignOnSettings: Sendable, Equatable {
    /// What somebody with a value in a claim is.
    public struct RoleRule: Sendable, Equatable {
        /// The claim's value, to the letter.
        public let value: String
        /// The role that it gives.
        public let role: Role
    }

    /// Which group somebody with a value in a claim is in.
    public struct GroupRule: Sendable, Equatable {
        /// The claim's value, to the letter.
        public let value: String
        /// The group that it makes them a member of.
        public let group: GUID
    }

    /// What every provider understands.
    public static let usualScopes = "openid email profile"

    /// The issuer, to the letter.
    public var issuer = ""
    /// Who we are there.
    public var clientID = ""
    /// What is asked for; `openid` is among them.
    public var scopes = usualScopes
    /// The words of the button.
    public var label = ""
    /// The domains of emails that may come in; empty: all.
    public var domains: [String] = []
    /// Whether the provider must say that an email is verified.
    public var requiresVerifiedEmail = true
    /// Whether somebody who is not known yet is added; otherwise only those who are invited come in.
    public var createsUsers = false
    /// What somebody is who is added, and whom no rule gives a role.
    public var defaultRole = Role.viewer
    /// The claim that decides about roles; empty: none does.
    public var roleClaim = ""
    /// What its values mean; of several the greatest role counts.
    public var roles: [RoleRule] = []
    /// The claim that decides about groups; empty: none does.
    public var groupClaim = ""
    /// What its values mean.
    public var groups: [GroupRule] = []

    /// Where its client secret is sealed: it opens for this issuer and client alone.
    var secretPlace: Vault.Place {
        Vault.Place(
            table: "single_sign_on", column: "secret", row: SHA256.hash("\(issuer.utf8.count) \(issuer)\(clientID)").hex
        )
    }

    /// The settings as they are kept.
    var stored: JSONObject {
        [
            "issuer": .string(issuer), "client_id": .string(clientID), "scopes": .string(scopes),
            "label": .string(label), "domains": .array(domains.map(JSON.string)),
            "requires_verified_email": .bool(requiresVerifiedEmail), "creates_users": .bool(createsUsers),
            "default_role": .string(defaultRole.rawValue), "role_claim": .string(roleClaim),
            "roles": .array(roles.map { ["value": .string($0.value), "role": .string($0.role.rawValue)] }),
            "group_claim": .string(groupClaim),
            "groups": .array(groups.map { ["value": .string($0.value), "group": .string($0.group.description)] }),
        ]
    }

    /// No settings yet.
    public init() {}

    /// Settings as they were kept.
    public init(stored: JSONObject) {
        func text(_ name: String) -> String { stored[name]?.stringValue ?? "" }
        issuer = text("issuer")
        clientID = text("client_id")
        scopes = text("scopes")
        label = text("label")
        domains = stored["domains"]?.arrayValue?.compactMap(\.stringValue) ?? []
        requiresVerifiedEmail = stored["requires_verified_email"]?.boolValue ?? true
        createsUsers = stored["creates_users"]?.boolValue ?? false
        defaultRole = Role(rawValue: text("default_role")) ?? .viewer
        roleClaim = text("role_claim")
        roles = (stored["roles"]?.arrayValue ?? []).compactMap { rule in
            guard let value = rule["value"]?.stringValue,
                let role = rule["role"]?.stringValue.flatMap(Role.init(rawValue:))
            else { return nil }
            return RoleRule(value: value, role: role)
        }
        groupClaim = text("group_claim")
        groups = (stored["groups"]?.arrayValue ?? []).compactMap { rule in
            guard let value = rule["value"]?.stringValue, let group = rule["group"]?.stringValue.flatMap({ GUID($0) })
            else { return nil }
            return GroupRule(value: value, group: group)
        }
    }
}
