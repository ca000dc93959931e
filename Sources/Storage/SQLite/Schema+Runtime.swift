extension Schema {
    /// What running content and Workbench sessions sign in with.
    ///
    /// A key with a salt is a content's own: it is derived from the salt, so that it can be told again.
    static let runtime = """
        ALTER TABLE api_key ADD COLUMN salt BLOB;
        CREATE UNIQUE INDEX api_key_of_content ON api_key (content_guid) WHERE salt IS NOT NULL;
        CREATE TABLE workbench_session (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, hash BLOB NOT NULL UNIQUE,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE, created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL, active_at INTEGER
        ) STRICT;
        CREATE INDEX workbench_session_by_user ON workbench_session (user_guid);
        CREATE INDEX workbench_session_by_expiry ON workbench_session (expires_at);

        """
}
