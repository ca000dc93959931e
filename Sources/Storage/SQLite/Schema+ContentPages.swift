extension Schema {
    /// What lets a page say how thousands of logins fare without reading each.
    static let contentPages = """
        CREATE INDEX oauth_session_that_ends ON oauth_session (integration_guid, expires_at)
            WHERE needs_login IS NULL AND sealed_refresh_token IS NULL;
        CREATE INDEX user_who_is_locked ON user (guid) WHERE locked;

        """
}
