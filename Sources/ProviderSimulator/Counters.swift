import JSON

/// What happened since the start or the last reset. Tests read these to know how often the provider was asked.
struct Counters: Sendable {
    enum Name: String, Sendable, CaseIterable {
        case authorize
        case authorizeRefused = "authorize_refused"
        case logins
        case tokenRequests = "token_requests"
        case codeGrants = "code_grants"
        case codeRefused = "code_refused"
        case refreshGrants = "refresh_grants"
        case refreshRefused = "refresh_refused"
        case clientCredentialsGrants = "client_credentials_grants"
        case clientCredentialsRefused = "client_credentials_refused"
        case assertionGrants = "assertion_grants"
        case assertionRefused = "assertion_refused"
        case clientsRefused = "clients_refused"
        case revocationRequests = "revocation_requests"
        case revocations
        case revocationsRefused = "revocations_refused"
        case revokedFamilies = "revoked_families"
        case metadataRequests = "metadata_requests"
        case apiCalls = "api_calls"
        case apiRefused = "api_refused"
        case faultsApplied = "faults_applied"
    }

    private var counts: [Name: Int64] = [:]

    mutating func count(_ name: Name) {
        counts[name, default: 0] += 1
    }

    /// Every counter, the untouched ones as 0.
    var json: JSON {
        var object = JSONObject()
        for name in Name.allCases { object[name.rawValue] = .integer(counts[name, default: 0]) }
        return .object(object)
    }
}
