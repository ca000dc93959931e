import Accounts
import HTTPClient
import Storage

extension SingleSignOnSettings {
    /// What was typed: texts, several values by lines.
    public struct Fields: Sendable {
        /// The issuer's address.
        public var issuer = ""
        /// The client id.
        public var clientID = ""
        /// The scopes, with spaces between them.
        public var scopes = ""
        /// The words of the button.
        public var label = ""
        /// Domains, with spaces, commas or lines between them.
        public var domains = ""
        /// Whether the provider must say that an email is verified.
        public var requiresVerifiedEmail = true
        /// Whether somebody who is not known yet is added.
        public var createsUsers = false
        /// The role of whom no rule gives one.
        public var defaultRole = Role.viewer.rawValue
        /// The claim that decides about roles.
        public var roleClaim = ""
        /// Lines such as `gatehouse-admins = administrator`.
        public var roles = ""
        /// The claim that decides about groups.
        public var groupClaim = ""
        /// Lines such as `data-science = Data Science`: a group by its name or its unique id.
        public var groups = ""

        /// Nothing was typed.
        public init() {}
    }

    private static let maximumRules = 100

    /// Settings from what was typed.
    ///
    /// - Parameter group: the group of a name or unique id; nil where there is none.
    /// - Throws: `Refusal` naming the field.
    init(_ fields: Fields, group: (String) async throws(Refusal) -> GUID?) async throws(Refusal) {
        issuer = try TextRules.line(fields.issuer, field: "issuer", maximum: OutboundURL.maximumLength, minimum: 1)
        clientID = try TextRules.line(fields.clientID, field: "client_id", minimum: 1)
        scopes = try Self.scopes(fields.scopes)
        let words = try TextRules.line(fields.label, field: "label", maximum: 60)
        label = words.isEmpty ? "Single sign-on" : words
        domains = try Self.domains(fields.domains)
        requiresVerifiedEmail = fields.requiresVerifiedEmail
        createsUsers = fields.createsUsers
        guard let role = Role(rawValue: fields.defaultRole), role != .administrator else {
            throw .invalid("default_role", "The role of new people must be viewer or publisher.")
        }
        defaultRole = role
        roleClaim = try TextRules.line(fields.roleClaim, field: "role_claim")
        groupClaim = try TextRules.line(fields.groupClaim, field: "group_claim")
        for line in try Self.rules(fields.roles, field: "roles") {
            guard let role = Role(rawValue: line.meaning.lowercased()) else {
                throw .invalid(
                    "roles", "\(line.meaning.prefix(64)) is no role: write lines such as `admins = administrator`.")
            }
            roles.append(RoleRule(value: line.value, role: role))
        }
        for line in try Self.rules(fields.groups, field: "groups") {
            guard let found = try await group(line.meaning) else {
                throw .invalid(
                    "groups",
                    "There is no group \(line.meaning.prefix(64)) in this account: create it first, or write its name as it is."
                )
            }
            groups.append(GroupRule(value: line.value, group: found))
        }
        try checkTogether()
    }

    private func checkTogether() throws(Refusal) {
        guard requiresVerifiedEmail || !domains.isEmpty else {
            throw .invalid(
                "domains",
                "Name the domains of your emails where the provider need not say that an email is verified: otherwise "
                    + "anybody could come in by typing an address there.")
        }
        guard !roleClaim.isEmpty || roles.isEmpty else {
            throw .invalid("role_claim", "Name the claim that has these values.")
        }
        guard roleClaim.isEmpty || !roles.isEmpty else {
            throw .invalid("roles", "Say what the values of the claim mean, in lines such as `admins = administrator`.")
        }
        guard !groupClaim.isEmpty || groups.isEmpty else {
            throw .invalid("group_claim", "Name the claim that has these values.")
        }
        guard groupClaim.isEmpty || !groups.isEmpty else {
            throw .invalid("groups", "Say what the values of the claim mean, in lines such as `analysts = Analysts`.")
        }
    }

    private static func scopes(_ text: String) throws(Refusal) -> String {
        let line = try TextRules.line(text, field: "scopes", maximum: 1024)
        let scopes = line.split(separator: " ").map(String.init)
        guard !scopes.isEmpty else { return usualScopes }
        // RFC 6749, section 3.3.
        let isPlain = scopes.allSatisfy { scope in
            scope.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }
        guard isPlain else {
            throw .invalid("scopes", "Scopes are words of plain letters and signs, with spaces between them.")
        }
        guard scopes.contains("openid") else {
            throw .invalid(
                "scopes", "openid must be among the scopes: without it the provider does not say who signs in.")
        }
        return scopes.joined(separator: " ")
    }

    private static func domains(_ text: String) throws(Refusal) -> [String] {
        let text = try TextRules.paragraph(text, field: "domains")
        let typed = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }
        var domains: [String] = []
        for entry in typed {
            let domain = String(entry.first == "@" ? entry.dropFirst() : entry).lowercased()
            guard (try? TextRules.email("name@\(domain)")) != nil else {
                throw .invalid("domains", "\(entry.prefix(64)) is no domain: write them such as example.com.")
            }
            if !domains.contains(domain) { domains.append(domain) }
        }
        guard domains.count <= maximumRules else { throw .invalid("domains", "\(maximumRules) domains at most.") }
        return domains
    }

    private static func rules(
        _ text: String, field: String
    ) throws(Refusal) -> [(value: String, meaning: String)] {
        let text = try TextRules.paragraph(text, field: field, maximum: 4 * TextRules.paragraphLength)
        var rules: [(value: String, meaning: String)] = []
        for line in text.split(whereSeparator: \.isNewline) where !String(line).trimmed.isEmpty {
            // The last sign, because values can be names such as `CN=Admins,OU=Groups`.
            guard let sign = line.lastIndex(of: "=") else {
                throw .invalid(field, "Each line must be a value of the claim, an equals sign, and what it means.")
            }
            let value = String(line[..<sign]).trimmed
            let meaning = String(line[line.index(after: sign)...]).trimmed
            guard !value.isEmpty, !meaning.isEmpty else {
                throw .invalid(field, "Each line must be a value of the claim, an equals sign, and what it means.")
            }
            rules.append((value, meaning))
        }
        guard rules.count <= maximumRules else { throw .invalid(field, "\(maximumRules) lines at most.") }
        return rules
    }
}
