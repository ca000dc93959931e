extension Schema {
    /// Lists of data sources by name, their sessions counted by how they fare, and logins that are only a test.
    static let dataSources = """
        CREATE INDEX integration_by_name ON integration (name COLLATE NOCASE);
        DROP INDEX oauth_session_by_integration;
        CREATE INDEX oauth_session_by_integration ON oauth_session (integration_guid, needs_login);
        ALTER TABLE login_flow ADD COLUMN purpose TEXT NOT NULL DEFAULT 'login';

        """
}
