extension Schema {
    /// What people are searched by: all their names in lower case, as Swift knows it, in an index that a search reads alone.
    static let roster = """
        ALTER TABLE user ADD COLUMN folded TEXT NOT NULL DEFAULT '';
        UPDATE user SET folded = swiftLowercaseString(first_name || ' ' || last_name || ' ' || email || ' ' || username);
        CREATE INDEX user_by_roster ON user (email COLLATE NOCASE, folded, role, locked);

        """
}
