import Cryptography
import JSON

extension TokenHolder {
    /// The user name, or the client's id for a service principal.
    var name: String { user?.username ?? clientID }

    /// The SCIM user (RFC 7643) of the `Me` endpoint.
    var scimUser: JSON {
        let id = CRC32.checksum(name.utf8)
        var object: JSONObject = [
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": .string(String(id)),
            "userName": .string(user?.email ?? clientID),
            "displayName": .string(user?.displayName ?? "Service principal"),
            "active": true,
            "groups": [],
        ]
        if let user {
            object["name"] = ["givenName": .string(user.displayName)]
            object["emails"] = [["type": "work", "value": .string(user.email), "primary": true]]
        }
        return .object(object)
    }

    /// The answer of the SQL statement execution API: `JSON_ARRAY`, inline, every value a string.
    func statementAnswer(id: String) -> JSON {
        let rows = user?.rows ?? []
        let columns = (user?.columns ?? []).enumerated().map { position, column -> JSON in
            [
                "name": .string(column.name), "position": .integer(Int64(position)),
                "type_name": .string(column.type), "type_text": .string(column.type),
            ]
        }
        let count = Int64(rows.count)
        return [
            "statement_id": .string(id),
            "status": ["state": "SUCCEEDED"],
            "manifest": [
                "format": "JSON_ARRAY",
                "schema": ["column_count": .integer(Int64(columns.count)), "columns": .array(columns)],
                "total_chunk_count": 1,
                "chunks": [["chunk_index": 0, "row_offset": 0, "row_count": .integer(count)]],
                "total_row_count": .integer(count),
                "truncated": false,
            ],
            "result": [
                "chunk_index": 0, "row_offset": 0, "row_count": .integer(count),
                "data_array": .array(rows.map { .array($0.map(\.asCell)) }),
            ],
        ]
    }
}

extension JSON {
    /// A value as both vendors' row formats carry it: a string, or null.
    var asCell: JSON {
        switch self {
        case .null, .string: self
        default: .string(text())
        }
    }
}
