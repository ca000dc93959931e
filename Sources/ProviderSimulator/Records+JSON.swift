import JSON

extension JSONObject {
    /// A member that must be a non-empty text.
    func text(_ name: String) throws(ControlRefusal) -> String {
        guard let text = self[name]?.stringValue, !text.isEmpty else {
            throw ControlRefusal("\(name) is missing or no text")
        }
        return text
    }

    /// A member that must be a list of texts, if it is there.
    fileprivate func texts(_ name: String) throws(ControlRefusal) -> [String]? {
        guard let value = self[name], !value.isNull else { return nil }
        guard let texts = value.arrayValue?.map(\.stringValue), !texts.contains(nil) else {
            throw ControlRefusal("\(name) is not a list of texts")
        }
        return texts.compactMap(\.self)
    }
}

extension RegisteredClient {
    init(_ object: JSONObject) throws(ControlRefusal) {
        id = try object.text("client_id")
        secret = object["client_secret"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        redirectURIs = Set(try object.texts("redirect_uris") ?? [])
        allowedScopes = try object.texts("allowed_scopes").map { Set($0) }
        method = object["token_endpoint_auth_method"]?.stringValue
        keys = try (object["jwks"]?["keys"]?.arrayValue ?? []).map { (value) throws(ControlRefusal) in
            guard let key = value.objectValue else { throw ControlRefusal("jwks is a JWK set") }
            return try ClientKey(key)
        }
    }
}

extension SimulatedUser {
    init(_ object: JSONObject) throws(ControlRefusal) {
        username = try object.text("username")
        password = try object.text("password")
        displayName = object["display_name"]?.stringValue ?? username
        email = object["email"]?.stringValue ?? username
        let columns = try (object["columns"]?.arrayValue ?? []).map { (value) throws(ControlRefusal) in
            try Column(value)
        }
        let rows = try (object["rows"]?.arrayValue ?? []).map { (value) throws(ControlRefusal) in
            guard let row = value.arrayValue, row.count == columns.count else {
                throw ControlRefusal("rows is a list of rows, each with one value per column")
            }
            return row
        }
        self.columns = columns
        self.rows = rows
    }
}

extension SimulatedUser.Column {
    /// A column's name, or `{"name", "type"}`.
    fileprivate init(_ value: JSON) throws(ControlRefusal) {
        guard let name = value.stringValue ?? value["name"]?.stringValue else {
            throw ControlRefusal("columns is a list of names or of {name, type}")
        }
        self.name = name
        type = value["type"]?.stringValue ?? "STRING"
    }
}
