import Foundation
import GRDB

extension SQLiteStore: EnvironmentVariableStore {
    func environmentVariables(of content: GUID) async throws(StoreError) -> [EnvironmentVariableRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM environment_variable WHERE content_guid = ? ORDER BY name",
                arguments: [content.description]
            ).map { EnvironmentVariableRecord(name: $0["name"], sealedValue: $0.bytes("sealed_value")) }
        }
    }

    func changeEnvironmentVariables(
        of content: GUID, setting variables: [EnvironmentVariableRecord], removing names: [String], replacing: Bool,
        noting event: EventRecord?
    ) async throws(StoreError) {
        try await write(.nothing, noting: event) { [quotas] db in
            let room = try Room(for: .variablesPerContent, of: content, within: quotas, in: db)
            if replacing {
                try db.execute(
                    sql: "DELETE FROM environment_variable WHERE content_guid = ?", arguments: [content.description])
            }
            for name in names {
                try db.execute(
                    sql: "DELETE FROM environment_variable WHERE content_guid = ? AND name = ?",
                    arguments: [content.description, name]
                )
            }
            for variable in variables {
                try db.execute(
                    sql: """
                        INSERT INTO environment_variable (content_guid, name, sealed_value) VALUES (?, ?, ?)
                        ON CONFLICT (content_guid, name) DO UPDATE SET sealed_value = excluded.sealed_value
                        """,
                    arguments: [content.description, variable.name, Data(variable.sealedValue)]
                )
            }
            try room.require(in: db)
        }
    }
}
