extension Schema {
    /// The keys of the account as an OpenID provider, and visitors' keys: short-lived, made by a content for its viewer.
    static let issuer = """
        CREATE TABLE signing_key (
            key_id TEXT PRIMARY KEY, sealed_key BLOB NOT NULL, public_key TEXT NOT NULL, state TEXT NOT NULL,
            changed_at INTEGER NOT NULL
        ) STRICT;
        ALTER TABLE api_key ADD COLUMN visitor_content_guid TEXT REFERENCES content (guid) ON DELETE CASCADE;
        ALTER TABLE api_key ADD COLUMN visitor_integration_guid TEXT REFERENCES integration (guid) ON DELETE CASCADE;
        CREATE INDEX api_key_by_visitor_content ON api_key (visitor_content_guid);
        CREATE INDEX api_key_by_visitor_integration ON api_key (visitor_integration_guid);

        """
}
