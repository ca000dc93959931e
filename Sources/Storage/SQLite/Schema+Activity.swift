extension Schema {
    /// How often what happened, by hour and by day: `span` is the length in seconds, `start` the beginning.
    ///
    /// Integration 0 is the account as a whole, so that its course is read without adding up all integrations, and stays
    /// when one of them goes; that is why the trigger stands where a reference would.
    static let activity = """
        CREATE TABLE activity (
            integration_id INTEGER NOT NULL, span INTEGER NOT NULL, start INTEGER NOT NULL,
            exchanges_served INTEGER NOT NULL, exchanges_refused INTEGER NOT NULL, exchanges_failed INTEGER NOT NULL,
            refreshes_done INTEGER NOT NULL, refreshes_failed INTEGER NOT NULL, logins_done INTEGER NOT NULL,
            logins_failed INTEGER NOT NULL, PRIMARY KEY (integration_id, span, start)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER activity_goes_with_its_integration AFTER DELETE ON integration
            BEGIN DELETE FROM activity WHERE integration_id = OLD.id; END;

        """
}
