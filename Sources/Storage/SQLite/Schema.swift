import GRDB

/// The tables of an account file, as a list of migrations that only ever grows.
///
/// Times are seconds since the epoch, GUIDs their text, hashes and sealed values blobs.
enum Schema {
    /// Marks the file as ours, for `file(1)` and for whoever finds it: "GtHs".
    static let applicationID: Int32 = 0x4774_4873

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 the main job") { db in
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try db.execute(sql: people + contents + integrations)
        }
        migrator.registerMigration("2 the whole interface") { db in
            for tables in [
                events,
                queues,
                issuer,
                groups,
                runtime,
                deployments,
            ] { try db.execute(sql: tables) }
        }
        migrator.registerMigration("3 pages and single sign-on") { db in
            for tables in [
                activity,
                dataSources,
                roster,
                singleSignOn,
                contentPages,
            ] { try db.execute(sql: tables) }
        }
        migrator.registerMigration("4 token lifetimes") { db in
            try db.execute(sql: tokenLifetimes)
        }
        migrator.registerMigration("5 users made with a key") { db in try db.execute(sql: madeWithKey) }
        return migrator
    }

    /// A user whom the operator made with an API key needs no invite. The audit names the earlier ones.
    private static let madeWithKey = """
        ALTER TABLE user ADD COLUMN made_with_key INTEGER NOT NULL DEFAULT 0;
        UPDATE user SET made_with_key = 1 WHERE guid IN
            (SELECT subject_guid FROM audit_event WHERE action = 'user.created' AND actor_kind = 'operator');
        """

    private static let people = """
        CREATE TABLE account (
            id INTEGER PRIMARY KEY CHECK (id = 1), slug TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE user (
            id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE, email TEXT NOT NULL UNIQUE COLLATE NOCASE,
            username TEXT NOT NULL UNIQUE COLLATE NOCASE, first_name TEXT NOT NULL, last_name TEXT NOT NULL,
            role TEXT NOT NULL, password_hash TEXT, locked INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL, active_at INTEGER
        ) STRICT;
        CREATE TABLE invite (
            hash BLOB PRIMARY KEY, user_guid TEXT NOT NULL UNIQUE REFERENCES user (guid) ON DELETE CASCADE,
            expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE api_key (
            id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE, name TEXT NOT NULL, role TEXT NOT NULL,
            hint TEXT NOT NULL, content_guid TEXT REFERENCES content (guid) ON DELETE CASCADE, created_at INTEGER NOT NULL,
            active_at INTEGER, expires_at INTEGER
        ) STRICT;
        CREATE INDEX api_key_by_user ON api_key (user_guid);
        CREATE TABLE browser_session (
            hash BLOB PRIMARY KEY, user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE,
            content_guid TEXT REFERENCES content (guid) ON DELETE CASCADE,
            parent_hash BLOB REFERENCES browser_session (hash) ON DELETE CASCADE, expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX browser_session_by_user ON browser_session (user_guid);
        CREATE INDEX browser_session_by_parent ON browser_session (parent_hash);
        CREATE INDEX browser_session_by_expiry ON browser_session (expires_at);
        """

    private static let contents = """
        CREATE TABLE content (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, owner_guid TEXT NOT NULL REFERENCES user (guid),
            name TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL, access_type TEXT NOT NULL,
            upstream_url TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (owner_guid, name)
        ) STRICT;
        CREATE TABLE content_permission (
            id INTEGER PRIMARY KEY AUTOINCREMENT, content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE, level TEXT NOT NULL,
            UNIQUE (content_guid, user_guid)
        ) STRICT;
        CREATE INDEX content_permission_by_user ON content_permission (user_guid);
        CREATE TABLE ticket (
            hash BLOB PRIMARY KEY, binding BLOB NOT NULL,
            session_hash BLOB NOT NULL REFERENCES browser_session (hash) ON DELETE CASCADE,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE,
            content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE, expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX ticket_by_session ON ticket (session_hash);
        """

    private static let integrations = """
        CREATE TABLE integration (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL,
            template TEXT NOT NULL, auth_type TEXT NOT NULL, config TEXT NOT NULL, sealed_secret BLOB,
            version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE integration_permission (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE,
            integration_guid TEXT NOT NULL REFERENCES integration (guid) ON DELETE CASCADE,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE, UNIQUE (integration_guid, user_guid)
        ) STRICT;
        CREATE TABLE association (
            content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE,
            integration_guid TEXT NOT NULL REFERENCES integration (guid) ON DELETE CASCADE, created_at INTEGER NOT NULL,
            PRIMARY KEY (content_guid, integration_guid)
        ) STRICT;
        CREATE INDEX association_by_integration ON association (integration_guid);
        CREATE TABLE login_flow (
            state_hash BLOB PRIMARY KEY, browser_hash BLOB NOT NULL,
            integration_guid TEXT NOT NULL REFERENCES integration (guid) ON DELETE CASCADE,
            integration_version INTEGER NOT NULL, user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE,
            sealed_verifier BLOB, sealed_nonce BLOB NOT NULL, issuer TEXT, requires_issuer INTEGER NOT NULL,
            token_endpoint TEXT NOT NULL, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL, return_path TEXT NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX login_flow_by_expiry ON login_flow (expires_at);
        CREATE TABLE oauth_session (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE,
            integration_guid TEXT NOT NULL REFERENCES integration (guid) ON DELETE CASCADE,
            sealed_access_token BLOB NOT NULL, sealed_refresh_token BLOB, expires_at INTEGER, refresh_at INTEGER, scope TEXT,
            needs_login TEXT, refresh_started_at INTEGER, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL, UNIQUE (user_guid, integration_guid)
        ) STRICT;
        CREATE INDEX oauth_session_by_integration ON oauth_session (integration_guid);
        """
}
