extension Schema {
    /// Groups, and permissions that name a user or a group.
    ///
    /// The tables of permissions are made anew with the ids they had, and go on counting where they were: an id that was
    /// given once never means something else.
    static let groups = """
        ALTER TABLE user ADD COLUMN unique_id TEXT;
        CREATE UNIQUE INDEX user_by_unique_id ON user (unique_id);
        CREATE TABLE user_group (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
            folded_name TEXT NOT NULL UNIQUE, unique_id TEXT UNIQUE, owner_guid TEXT REFERENCES user (guid) ON DELETE SET NULL,
            created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX user_group_by_owner ON user_group (owner_guid);
        CREATE TABLE group_member (
            id INTEGER PRIMARY KEY AUTOINCREMENT, group_guid TEXT NOT NULL REFERENCES user_group (guid) ON DELETE CASCADE,
            user_guid TEXT REFERENCES user (guid) ON DELETE CASCADE,
            member_group_guid TEXT REFERENCES user_group (guid) ON DELETE CASCADE,
            UNIQUE (group_guid, user_guid), UNIQUE (group_guid, member_group_guid),
            CHECK ((user_guid IS NULL) <> (member_group_guid IS NULL))
        ) STRICT;
        CREATE INDEX group_member_by_user ON group_member (user_guid);
        CREATE INDEX group_member_by_member_group ON group_member (member_group_guid);

        CREATE TABLE new_content_permission (
            id INTEGER PRIMARY KEY AUTOINCREMENT, content_guid TEXT NOT NULL REFERENCES content (guid) ON DELETE CASCADE,
            user_guid TEXT REFERENCES user (guid) ON DELETE CASCADE,
            group_guid TEXT REFERENCES user_group (guid) ON DELETE CASCADE, level TEXT NOT NULL,
            UNIQUE (content_guid, user_guid), UNIQUE (content_guid, group_guid),
            CHECK ((user_guid IS NULL) <> (group_guid IS NULL))
        ) STRICT;
        INSERT INTO sqlite_sequence (name, seq)
            SELECT 'new_content_permission', seq FROM sqlite_sequence WHERE name = 'content_permission';
        INSERT INTO new_content_permission (id, content_guid, user_guid, level)
            SELECT id, content_guid, user_guid, level FROM content_permission;
        DROP TABLE content_permission;
        ALTER TABLE new_content_permission RENAME TO content_permission;
        CREATE INDEX content_permission_by_user ON content_permission (user_guid);
        CREATE INDEX content_permission_by_group ON content_permission (group_guid);

        CREATE TABLE new_integration_permission (
            id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT NOT NULL UNIQUE,
            integration_guid TEXT NOT NULL REFERENCES integration (guid) ON DELETE CASCADE,
            user_guid TEXT REFERENCES user (guid) ON DELETE CASCADE,
            group_guid TEXT REFERENCES user_group (guid) ON DELETE CASCADE,
            UNIQUE (integration_guid, user_guid), UNIQUE (integration_guid, group_guid),
            CHECK ((user_guid IS NULL) <> (group_guid IS NULL))
        ) STRICT;
        INSERT INTO sqlite_sequence (name, seq)
            SELECT 'new_integration_permission', seq FROM sqlite_sequence WHERE name = 'integration_permission';
        INSERT INTO new_integration_permission (id, guid, integration_guid, user_guid)
            SELECT id, guid, integration_guid, user_guid FROM integration_permission;
        DROP TABLE integration_permission;
        ALTER TABLE new_integration_permission RENAME TO integration_permission;
        CREATE INDEX integration_permission_by_user ON integration_permission (user_guid);
        CREATE INDEX integration_permission_by_group ON integration_permission (group_guid);

        """
}
