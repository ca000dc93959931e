extension Schema {
    /// The audit. Lines are never changed; only the oldest can be removed, and then the anchor keeps what the rest is bound to.
    static let events = """
        CREATE TABLE audit_event (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, action TEXT NOT NULL, outcome TEXT NOT NULL,
            actor_kind TEXT NOT NULL, actor_guid TEXT, actor_name TEXT NOT NULL, door TEXT NOT NULL, key_id INTEGER,
            address TEXT, correlation_id TEXT NOT NULL, subject_guid TEXT, content_guid TEXT, integration_guid TEXT,
            details TEXT NOT NULL, hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX audit_event_by_time ON audit_event (at);
        CREATE INDEX audit_event_by_action ON audit_event (action, id);
        CREATE INDEX audit_event_by_actor ON audit_event (actor_guid, id);
        CREATE INDEX audit_event_by_subject ON audit_event (subject_guid, id);
        CREATE TABLE audit_anchor (
            id INTEGER PRIMARY KEY CHECK (id = 1), last_id INTEGER NOT NULL, hash BLOB NOT NULL
        ) STRICT;
        CREATE TRIGGER audit_event_is_final BEFORE UPDATE ON audit_event
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
        CREATE TRIGGER audit_event_stays BEFORE DELETE ON audit_event
            WHEN OLD.id > coalesce((SELECT last_id FROM audit_anchor), 0)
            BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

        """
}
