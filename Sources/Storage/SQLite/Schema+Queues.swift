extension Schema {
    /// What is done in the background: events on their way to subscribers, tokens on their way to be revoked.
    ///
    /// Of the deliveries of one webhook and session only the oldest unfinished one is `pending`; those behind it are
    /// `waiting`. A revocation refers to nothing: what it came from is gone.
    static let queues = """
        CREATE TABLE webhook (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, url TEXT NOT NULL, description TEXT NOT NULL,
            events TEXT NOT NULL, enabled INTEGER NOT NULL, disabled_reason TEXT, sealed_secret BLOB NOT NULL,
            sealed_old_secret BLOB, old_secret_until INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE webhook_delivery (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE,
            webhook_guid TEXT NOT NULL REFERENCES webhook (guid) ON DELETE CASCADE, event TEXT NOT NULL,
            lane TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL, next_attempt_at INTEGER, last_status INTEGER, last_error TEXT,
            finished_at INTEGER
        ) STRICT;
        CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook_guid, id);
        CREATE INDEX webhook_delivery_by_lane ON webhook_delivery (webhook_guid, lane, id) WHERE finished_at IS NULL;
        CREATE INDEX webhook_delivery_by_turn ON webhook_delivery (webhook_guid, next_attempt_at)
            WHERE next_attempt_at IS NOT NULL;
        CREATE INDEX webhook_delivery_by_end ON webhook_delivery (finished_at) WHERE finished_at IS NOT NULL;
        CREATE TABLE revocation (
            id INTEGER PRIMARY KEY AUTOINCREMENT, session_guid TEXT NOT NULL, user_guid TEXT NOT NULL,
            integration_guid TEXT NOT NULL, integration_name TEXT NOT NULL, template TEXT NOT NULL,
            auth_type TEXT NOT NULL, config TEXT NOT NULL, sealed_secret BLOB, sealed_access_token BLOB,
            sealed_refresh_token BLOB, access_expires_at INTEGER, correlation_id TEXT NOT NULL, attempts INTEGER NOT NULL,
            created_at INTEGER NOT NULL, next_attempt_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX revocation_by_turn ON revocation (next_attempt_at);

        """
}
