extension Schema {
    /// When a provider answered 400 without an error that can be read; and an end for the tokens of which no provider told
    /// one, as logins have been storing it since: these had none, and were handed out for as long as the session lived.
    static let tokenLifetimes = """
        ALTER TABLE oauth_session ADD COLUMN unexplained_at INTEGER;
        UPDATE oauth_session SET expires_at = updated_at + CASE
            (SELECT template FROM integration WHERE guid = oauth_session.integration_guid)
            WHEN 'salesforce' THEN 900 WHEN 'snowflake' THEN 600 WHEN 'github' THEN 31536000 ELSE 3600 END
            WHERE expires_at IS NULL;
        UPDATE oauth_session SET refresh_at = max(updated_at, expires_at - 300) WHERE refresh_at IS NULL;
        """
}
