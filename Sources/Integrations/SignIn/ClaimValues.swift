import JSON

/// What a claim says, as texts.
enum ClaimValues {
    /// The values of a claim: its text, or the texts of its list. A name with dots that is no claim's own leads into objects,
    /// such as Keycloak's `realm_access.roles`. All of them: a group that is left out here is one that the person leaves.
    static func texts(_ name: String, in claims: JSONObject) -> Set<String> {
        guard let value = find(name, in: claims) else { return [] }
        let values = value.arrayValue ?? [value]
        return Set(values.compactMap(text))
    }

    /// The claim by which an issuer says that a token lacks another one, although there are values; nil where it does not say so.
    ///
    /// Microsoft Entra leaves `groups` out of the tokens of people in more than 200 groups, and names it in `_claim_names`
    /// (OpenID Connect Core section 5.6.2) or says `hasgroups`.
    static func omission(of name: String, in claims: JSONObject) -> String? {
        guard !name.isEmpty, texts(name, in: claims).isEmpty else { return nil }
        let outer = name.split(separator: ".").first.map(String.init) ?? name
        if let elsewhere = claims["_claim_names"], elsewhere[name] != nil || elsewhere[outer] != nil {
            return "_claim_names"
        }
        return name == "groups" && text(claims["hasgroups"] ?? .null)?.lowercased() == "true" ? "hasgroups" : nil
    }

    private static func find(_ name: String, in claims: JSONObject) -> JSON? {
        if let value = claims[name] { return value }
        var value: JSON? = .object(claims)
        for part in name.split(separator: ".") { value = value?[String(part)] }
        return value
    }

    private static func text(_ value: JSON) -> String? {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        default: nil
        }
    }
}
