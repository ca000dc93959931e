import GRDB
import Testing

@testable import Storage

@Suite struct MigrationTests {
    let temporary: TemporaryFolder
    let queue: DatabaseQueue

    init() throws {
        temporary = try TemporaryFolder()
        queue = try DatabaseQueue(path: "\(temporary.path)/old.sqlite")
        try Schema.migrator.migrate(queue, upTo: "1 the main job")
    }

    @Test func permissionsKeepTheirIdsAndNoIdIsGivenTwice() throws {
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO user (guid, email, username, first_name, last_name, role, created_at, updated_at)
                        VALUES ('u', 'u@a.example', 'u', '', '', 'viewer', 1, 1), ('v', 'v@a.example', 'v', '', '', 'viewer', 1, 1);
                    INSERT INTO content (guid, owner_guid, name, title, description, access_type, created_at, updated_at)
                        VALUES ('c', 'u', 'name', '', '', 'acl', 1, 1);
                    INSERT INTO integration (guid, name, description, template, auth_type, config, version, created_at, updated_at)
                        VALUES ('i', 'name', '', 'custom', 'Viewer', '{}', 1, 1, 1);
                    INSERT INTO content_permission (id, content_guid, user_guid, level)
                        VALUES (4, 'c', 'u', 'owner'), (9, 'c', 'v', 'viewer');
                    DELETE FROM content_permission WHERE id = 9;
                    INSERT INTO integration_permission (id, guid, integration_guid, user_guid) VALUES (7, 'p', 'i', 'v');
                    """)
        }
        try Schema.migrator.migrate(queue)
        try queue.write { db in
            let listed = try Row.fetchOne(
                db, sql: "SELECT id, content_guid, user_guid, group_guid, level FROM content_permission")
            #expect(listed == ["id": 4, "content_guid": "c", "user_guid": "u", "group_guid": nil, "level": "owner"])
            let attached = try Row.fetchOne(
                db, sql: "SELECT id, guid, integration_guid, user_guid FROM integration_permission")
            #expect(attached == ["id": 7, "guid": "p", "integration_guid": "i", "user_guid": "v"])
            try db.execute(
                sql: "INSERT INTO content_permission (content_guid, user_guid, level) VALUES ('c', 'v', 'viewer')")
            #expect(db.lastInsertedRowID == 10)
            try db.execute(sql: "DELETE FROM content WHERE guid = 'c'; DELETE FROM integration WHERE guid = 'i'")
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM content_permission") == 0)
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM integration_permission") == 0)
        }
    }

    @Test func aLoginThatIsUnderWayIsNoTest() throws {
        try Schema.migrator.migrate(queue, upTo: "2 the whole interface")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO user (guid, email, username, first_name, last_name, role, created_at, updated_at)
                        VALUES ('u', 'u@a.example', 'u', '', '', 'viewer', 1, 1);
                    INSERT INTO integration (guid, name, description, template, auth_type, config, version, created_at, updated_at)
                        VALUES ('i', 'name', '', 'custom', 'Viewer', '{}', 1, 1, 1);
                    INSERT INTO login_flow (state_hash, browser_hash, integration_guid, integration_version, user_guid,
                        sealed_nonce, requires_issuer, token_endpoint, client_id, redirect_uri, return_path, expires_at)
                        VALUES (x'00', x'00', 'i', 1, 'u', x'00', 0, 't', 'c', 'r', '/', 9);
                    """)
        }
        try Schema.migrator.migrate(queue)
        let purpose = try queue.read { db in try String.fetchOne(db, sql: "SELECT purpose FROM login_flow") }
        #expect(purpose == LoginFlowRecord.Purpose.login.rawValue)
    }

    @Test func aTokenWithoutAnEndGetsOne() throws {
        try Schema.migrator.migrate(queue, upTo: "3 pages and single sign-on")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO user (guid, email, username, first_name, last_name, role, created_at, updated_at)
                        VALUES ('u', 'u@a.example', 'u', '', '', 'viewer', 1, 1);
                    """)
            for template in ["custom", "github", "salesforce", "snowflake", "told"] {
                try db.execute(
                    sql: """
                        INSERT INTO integration (guid, name, description, template, auth_type, config, version, created_at,
                            updated_at) VALUES (?, '', '', ?, 'Viewer', '{}', 1, 1, 1);
                        INSERT INTO oauth_session (guid, user_guid, integration_guid, sealed_access_token, expires_at,
                            refresh_at, version, created_at, updated_at) VALUES (?, 'u', ?, x'00', ?, ?, 1, 1, 1000);
                        """,
                    arguments: [
                        template, template, template, template, template == "told" ? 2000 : nil,
                        template == "told" ? 1900 : nil,
                    ])
            }
        }
        try Schema.migrator.migrate(queue)
        let ends = try queue.read { db in
            try Row.fetchAll(
                db, sql: "SELECT guid, expires_at, refresh_at, unexplained_at FROM oauth_session ORDER BY guid")
        }
        #expect(
            ends == [
                ["guid": "custom", "expires_at": 4600, "refresh_at": 4300, "unexplained_at": nil],
                ["guid": "github", "expires_at": 31_537_000, "refresh_at": 31_536_700, "unexplained_at": nil],
                ["guid": "salesforce", "expires_at": 1900, "refresh_at": 1600, "unexplained_at": nil],
                ["guid": "snowflake", "expires_at": 1600, "refresh_at": 1300, "unexplained_at": nil],
                ["guid": "told", "expires_at": 2000, "refresh_at": 1900, "unexplained_at": nil],
            ])
    }

    @Test func whomTheOperatorMadeBeforeIsKnownByTheAudit() throws {
        try Schema.migrator.migrate(queue, upTo: "3 pages and single sign-on")
        try queue.write { db in
            for (guid, actor) in [("o", "operator"), ("u", "user")] {
                try db.execute(
                    sql: """
                        INSERT INTO user (guid, email, username, first_name, last_name, role, created_at, updated_at, folded)
                            VALUES (:guid, :guid, :guid, '', '', 'viewer', 1, 1, '');
                        INSERT INTO audit_event (at, action, outcome, actor_kind, actor_name, door, correlation_id,
                            subject_guid, details, hash)
                            VALUES (1, 'user.created', 'success', :actor, 'x', 'command', '', :guid, '{}', x'00');
                        """,
                    arguments: ["guid": guid, "actor": actor])
            }
        }
        try Schema.migrator.migrate(queue)
        let made = try queue.read { db in
            try String.fetchAll(db, sql: "SELECT guid FROM user WHERE made_with_key")
        }
        #expect(made == ["o"])
    }

    @Test func aPermissionNamesOneOfTheTwo() throws {
        try Schema.migrator.migrate(queue)
        for values in ["('c', NULL, NULL, 'viewer')", "('c', 'u', 'g', 'viewer')"] {
            #expect {
                try queue.write { db in
                    try db.execute(
                        sql:
                            "INSERT INTO content_permission (content_guid, user_guid, group_guid, level) VALUES \(values)"
                    )
                }
            } throws: { ($0 as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_CHECK }
        }
    }
}
