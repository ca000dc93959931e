extension Schema {
    /// Sign-in at the company's identity provider: what is configured, who may use a password all the same, who is who there,
    /// and sign-ins on their way.
    ///
    /// A person is known by issuer and subject, never by email. What was tested is kept with the version that it is of.
    static let singleSignOn = """
        CREATE TABLE single_sign_on (
            id INTEGER PRIMARY KEY CHECK (id = 1), change_count INTEGER NOT NULL, draft TEXT NOT NULL, draft_secret BLOB,
            draft_version INTEGER NOT NULL, live TEXT, live_secret BLOB, live_version INTEGER, is_only INTEGER NOT NULL,
            updated_at INTEGER NOT NULL, CHECK (live IS NOT NULL OR NOT is_only),
            CHECK ((live IS NULL) = (live_version IS NULL))
        ) STRICT;
        CREATE TABLE break_glass (
            user_guid TEXT PRIMARY KEY REFERENCES user (guid) ON DELETE CASCADE
        ) STRICT;
        CREATE TABLE user_identity (
            id INTEGER PRIMARY KEY AUTOINCREMENT, issuer TEXT NOT NULL, subject TEXT NOT NULL,
            user_guid TEXT NOT NULL REFERENCES user (guid) ON DELETE CASCADE, created_at INTEGER NOT NULL,
            UNIQUE (issuer, subject), UNIQUE (user_guid, issuer)
        ) STRICT;
        CREATE TABLE sign_in_flow (
            id INTEGER PRIMARY KEY AUTOINCREMENT, state_hash BLOB NOT NULL UNIQUE, browser_hash BLOB NOT NULL,
            settings_version INTEGER NOT NULL, tester_guid TEXT REFERENCES user (guid) ON DELETE CASCADE,
            sealed_verifier BLOB NOT NULL, sealed_nonce BLOB NOT NULL, issuer TEXT NOT NULL,
            requires_issuer INTEGER NOT NULL, token_endpoint TEXT NOT NULL, authentication TEXT NOT NULL,
            jwks_uri TEXT NOT NULL, user_info_endpoint TEXT, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
            return_path TEXT NOT NULL, expires_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX sign_in_flow_by_expiry ON sign_in_flow (expires_at);
        CREATE TABLE sign_in_test (
            user_guid TEXT PRIMARY KEY REFERENCES user (guid) ON DELETE CASCADE, settings_version INTEGER NOT NULL,
            issuer TEXT NOT NULL, subject TEXT NOT NULL, report TEXT NOT NULL, at INTEGER NOT NULL
        ) STRICT;

        """
}
