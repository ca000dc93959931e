import JSON

extension Settings {
    /// Takes over the settings named; all or none. An unknown name is refused, so that a typing error in a test is seen.
    mutating func apply(_ object: JSONObject) throws(ControlRefusal) {
        var changed = self
        for (name, value) in object { try changed.set(name, to: value) }
        self = changed
    }

    private mutating func set(_ name: String, to value: JSON) throws(ControlRefusal) {
        switch name {
        case "access_token_seconds": accessTokenSeconds = try Self.seconds(name, value)
        case "refresh_token_seconds": refreshTokenSeconds = try Self.seconds(name, value)
        case "last_seconds_refused": lastSecondsRefused = try Self.seconds(name, value)
        case "session_seconds": sessionSeconds = try Self.seconds(name, value)
        case "rotate_refresh_tokens": rotateRefreshTokens = try Self.flag(name, value)
        case "single_use_refresh_tokens": singleUseRefreshTokens = try Self.flag(name, value)
        case "revoke_family_on_reuse": revokeFamilyOnReuse = try Self.flag(name, value)
        case "refresh_ends_access_tokens": refreshEndsAccessTokens = try Self.flag(name, value)
        case "require_pkce": requirePKCE = try Self.flag(name, value)
        case "send_iss": sendIssuer = try Self.flag(name, value)
        case "advertise_iss": advertiseIssuer = try Self.flag(name, value)
        case "issuer_override": issuerOverride = try Self.optionalText(name, value)
        case "include_expires_in":
            guard let form = value.stringValue.flatMap(LifetimeForm.init(rawValue:)) else {
                throw ControlRefusal("include_expires_in is number, string or missing")
            }
            lifetimeForm = form
        case "scope_as_array": scopeAsArray = try Self.flag(name, value)
        case "form_encoded_answers": formEncodedAnswers = try Self.flag(name, value)
        case "error_with_200": errorWith200 = try Self.flag(name, value)
        case "omit_refresh_token_on_refresh": omitRefreshTokenOnRefresh = try Self.flag(name, value)
        case "dead_refresh_as_invalid_request": deadRefreshAsInvalidRequest = try Self.flag(name, value)
        case "withhold_scopes":
            guard let scopes = value.arrayValue?.map(\.stringValue), !scopes.contains(nil) else {
                throw ControlRefusal("withhold_scopes is a list of texts")
            }
            withheldScopes = Set(scopes.compactMap(\.self))
        case "offer_revocation": offerRevocation = try Self.flag(name, value)
        case "metadata_at":
            guard let places = value.arrayValue?.map({ $0.stringValue.flatMap(MetadataPlace.init(rawValue:)) }),
                !places.contains(nil)
            else { throw ControlRefusal("metadata_at is a list of inserted, appended and openid") }
            metadataPlaces = Set(places.compactMap(\.self))
        case "metadata_lie":
            metadataLie = value.stringValue.flatMap(MetadataLie.init(rawValue:))
            guard metadataLie != nil || value.isNull else { throw ControlRefusal("metadata_lie is unknown") }
        default: throw ControlRefusal("There is no setting \(name)")
        }
    }

    /// All settings under the names that ``apply(_:)`` takes.
    var json: JSON {
        [
            "access_token_seconds": .integer(accessTokenSeconds),
            "refresh_token_seconds": .integer(refreshTokenSeconds),
            "last_seconds_refused": .integer(lastSecondsRefused),
            "session_seconds": .integer(sessionSeconds),
            "rotate_refresh_tokens": .bool(rotateRefreshTokens),
            "single_use_refresh_tokens": .bool(singleUseRefreshTokens),
            "revoke_family_on_reuse": .bool(revokeFamilyOnReuse),
            "refresh_ends_access_tokens": .bool(refreshEndsAccessTokens),
            "require_pkce": .bool(requirePKCE),
            "send_iss": .bool(sendIssuer),
            "advertise_iss": .bool(advertiseIssuer),
            "issuer_override": issuerOverride.map { .string($0) } ?? .null,
            "include_expires_in": .string(lifetimeForm.rawValue),
            "scope_as_array": .bool(scopeAsArray),
            "form_encoded_answers": .bool(formEncodedAnswers),
            "error_with_200": .bool(errorWith200),
            "omit_refresh_token_on_refresh": .bool(omitRefreshTokenOnRefresh),
            "dead_refresh_as_invalid_request": .bool(deadRefreshAsInvalidRequest),
            "withhold_scopes": .array(withheldScopes.sorted().map { .string($0) }),
            "offer_revocation": .bool(offerRevocation),
            "metadata_at": .array(metadataPlaces.map(\.rawValue).sorted().map { .string($0) }),
            "metadata_lie": metadataLie.map { .string($0.rawValue) } ?? .null,
        ]
    }

    private static func flag(_ name: String, _ value: JSON) throws(ControlRefusal) -> Bool {
        guard let flag = value.boolValue else { throw ControlRefusal("\(name) is true or false") }
        return flag
    }

    private static func seconds(_ name: String, _ value: JSON) throws(ControlRefusal) -> Int64 {
        guard let seconds = value.integerValue, (0...1_000_000_000).contains(seconds) else {
            throw ControlRefusal("\(name) is a number of seconds, 0 or more")
        }
        return seconds
    }

    private static func optionalText(_ name: String, _ value: JSON) throws(ControlRefusal) -> String? {
        if value.isNull { return nil }
        guard let text = value.stringValue else { throw ControlRefusal("\(name) is a text or null") }
        return text
    }
}
