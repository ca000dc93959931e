extension Schema {
    /// Bundles, what was deployed of them, the tasks that tell of it, and the variables that content is given.
    ///
    /// A bundle's bytes are a file beside the database; the row says that it is whole.
    static let deployments = """
        ALTER TABLE content ADD COLUMN bundle_id INTEGER;
        ALTER TABLE content ADD COLUMN app_mode TEXT;
        ALTER TABLE content ADD COLUMN r_version TEXT;
        ALTER TABLE content ADD COLUMN py_version TEXT;
        ALTER TABLE content ADD COLUMN quarto_version TEXT;
        ALTER TABLE content ADD COLUMN deployed_at INTEGER;
        CREATE TABLE bundle (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE, size INTEGER NOT NULL,
            app_mode TEXT NOT NULL, r_version TEXT, py_version TEXT, quarto_version TEXT, source TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX bundle_by_content ON bundle (content_guid, id);
        CREATE TABLE task (
            id INTEGER PRIMARY KEY, guid TEXT NOT NULL UNIQUE,
            content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE, output TEXT NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX task_by_content ON task (content_guid);
        CREATE INDEX task_by_time ON task (created_at);
        CREATE TABLE environment_variable (
            content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE, name TEXT NOT NULL,
            sealed_value BLOB NOT NULL, PRIMARY KEY (content_guid, name)
        ) STRICT;

        """
}
