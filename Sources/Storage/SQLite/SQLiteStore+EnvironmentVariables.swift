import Foundation
import GRDB
import JSON

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
        try await write(.nothing, judging: [event].compactMap(\.self)) { [quotas, log] db in
            let room = try Room(for: .variablesPerContent, of: content, within: quotas, in: db)
            let size = try Room(for: .variableBytesPerContent, of: content, within: quotas, in: db)
            let before = try Self.names(of: content, in: db)
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
            try size.require(in: db)
            // Names that were sent and not there are in no line: whoever sends them must not fill the audit.
            let removed = before.subtracting(try Self.names(of: content, in: db)).sorted()
            guard let event, !variables.isEmpty || !removed.isEmpty else { return }
            try log.append(event.telling(["removed": .array(removed.map(JSON.string))]), in: db)
        }
    }

    private static func names(of content: GUID, in db: Database) throws -> Set<String> {
        let statement = try db.cachedStatement(sql: "SELECT name FROM environment_variable WHERE content_guid = ?")
        return Set(try String.fetchAll(statement, arguments: [content.description]))
    }
}
