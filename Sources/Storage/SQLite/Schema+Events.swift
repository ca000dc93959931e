extension Schema {
    /// The audit. Lines are never changed; only the oldest can be removed, and then the anchor keeps what the rest is bound to.
    /// `user_guid` repeats what the details say, so that it can be looked for.
    static let events = """
        CREATE TABLE audit_event (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
            actor_kind TEXT NOT NULL, actor_guid TEXT, actor_name TEXT NOT NULL, door TEXT NOT NULL, key_id INTEGER,
            address TEXT, correlation_id TEXT NOT NULL, subject_guid TEXT, content_guid TEXT, integration_guid TEXT,
            details TEXT NOT NULL, hash BLOB NOT NULL, user_guid TEXT
        ) STRICT;
        CREATE INDEX audit_event_by_time ON audit_event (at);
        CREATE INDEX audit_event_by_action ON audit_event (action, id);
        CREATE INDEX audit_event_by_actor ON audit_event (actor_guid, id);
        CREATE INDEX audit_event_by_subject ON audit_event (subject_guid, id);
        CREATE INDEX audit_event_by_content ON audit_event (content_guid, id) WHERE content_guid IS NOT NULL;
        CREATE INDEX audit_event_by_integration ON audit_event (integration_guid, id) WHERE integration_guid IS NOT NULL;
        CREATE INDEX audit_event_by_user ON audit_event (user_guid, id) WHERE user_guid IS NOT NULL;
        CREATE TABLE audit_retention (
            id INTEGER PRIMARY KEY CHECK (id = 1), days INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE audit_anchor (
            id INTEGER PRIMARY KEY CHECK (id = 1), last_id INTEGER NOT NULL, hash BLOB NOT NULL, seal BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER audit_event_is_final BEFORE UPDATE ON audit_event
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
        CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event
            WHEN OLD.id > coalesce((SELECT last_id FROM audit_anchor), 0)
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

        """
}
