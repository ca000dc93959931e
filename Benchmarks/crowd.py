"""A large account, written into its file before the server starts: what pages are measured with."""

import hashlib
import json
import secrets
import sqlite3
import time
from dataclasses import dataclass, field

HOUR, DAY = 3600, 86400


@dataclass
class Size:
    integrations: int = 500
    users: int = 10_000
    groups: int = 100
    contents: int = 2_000
    sessions: int = 20_000
    events: int = 50_000
    permissions_per_content: int = 5
    associations_per_content: int = 3
    activity_hours: int = 8 * 24
    activity_days: int = 90


@dataclass
class Crowd:
    """Whom and what the pages are about."""

    integrations: list[str] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    contents: list[str] = field(default_factory=list)


class Filling:
    """Fills the file of an account that no server has open."""

    def __init__(self, path, slug, size):
        self.size = size
        self.now = int(time.time())
        self.prefix = hashlib.sha256(slug.encode()).hexdigest()[:12]
        self.database = sqlite3.connect(path)
        self.database.execute("PRAGMA foreign_keys = ON")
        # The server folds names in an index; here Python's own rule will do.
        self.database.create_function("swiftLowercaseString", 1, lambda text: text and text.lower())
        self.crowd = Crowd()

    def guid(self):
        """A UUID of version 8 that begins with the account's fingerprint."""
        rest = secrets.token_hex(9)
        return f"{self.prefix[:8]}-{self.prefix[8:]}-8{rest[:3]}-8{rest[3:6]}-{rest[6:]}"

    def add(self, table, rows):
        rows = list(rows)
        names = list(rows[0])
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
        self.database.executemany(sql, [tuple(row[name] for name in names) for row in rows])

    def has_column(self, table, name):
        return any(row[1] == name for row in self.database.execute(f"PRAGMA table_info({table})"))

    def fill(self, admin, publisher, viewer):
        """Everything of these three people, and of the many others."""
        with self.database:
            self._people()
            self._integrations()
            self._contents(publisher)
            self._sessions(admin, viewer)
            self._events(admin)
            self._activity()
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.database.close()
        return self.crowd

    def _people(self):
        crowd, now = self.crowd, self.now
        crowd.users = [self.guid() for _ in range(self.size.users)]
        crowd.groups = [self.guid() for _ in range(self.size.groups)]
        roles = ["viewer"] * 16 + ["publisher"] * 3 + ["administrator"]
        self.add(
            "user",
            (
                {
                    "guid": guid,
                    "email": f"person{number:05d}@bench.example",
                    "username": f"person{number:05d}",
                    "first_name": f"Person {number % 97}",
                    "last_name": f"Family {number % 211}",
                    "role": roles[number % len(roles)],
                    "locked": int(number % 50 == 0),
                    "created_at": now - number,
                    "updated_at": now - number,
                    "active_at": now - number * 60,
                }
                for number, guid in enumerate(crowd.users)
            ),
        )
        if self.has_column("user", "folded"):
            names = "first_name || ' ' || last_name || ' ' || email || ' ' || username"
            self.database.execute(f"UPDATE user SET folded = lower({names})")
        self.add(
            "user_group",
            (
                {
                    "guid": guid,
                    "name": f"Group {number}",
                    "folded_name": f"group {number}",
                    "created_at": now,
                    "updated_at": now,
                }
                for number, guid in enumerate(crowd.groups)
            ),
        )
        self.add(
            "group_member",
            (
                {"group_guid": crowd.groups[number % len(crowd.groups)], "user_guid": guid}
                for number, guid in enumerate(crowd.users)
            ),
        )

    def _integrations(self):
        crowd, now = self.crowd, self.now
        crowd.integrations = [self.guid() for _ in range(self.size.integrations)]
        client = {
            "auth_type": "Viewer",
            "auth_mode": "Confidential",
            "client_id": "4b51a2c0-0f1c-4f6e-9a6f-8f0d3f1f2a3b",
        }
        databricks = {"workspace_host": "dbc-1.cloud.databricks.com", "scopes": "all-apis offline_access"}
        snowflake = {"account_url": "org-acme.snowflakecomputing.com", "scopes": "refresh_token"}
        providers = [("databricks", {**client, **databricks}), ("snowflake", {**client, **snowflake})]
        self.add(
            "integration",
            (
                {
                    "guid": guid,
                    "name": f"Data source {number:03d}",
                    "description": f"Sales figures of region {number}",
                    "template": providers[number % 2][0],
                    "auth_type": "Viewer",
                    "config": json.dumps(providers[number % 2][1]),
                    "sealed_secret": secrets.token_bytes(64),
                    "version": 1,
                    "created_at": now,
                    "updated_at": now,
                }
                for number, guid in enumerate(crowd.integrations)
            ),
        )

    def _contents(self, publisher):
        crowd, now, size = self.crowd, self.now, self.size
        crowd.contents = [self.guid() for _ in range(size.contents)]
        publishers = [guid for number, guid in enumerate(crowd.users) if 16 <= number % 20 < 19]
        self.add(
            "content",
            (
                {
                    "guid": guid,
                    # One in twenty is of the publisher who looks.
                    "owner_guid": publisher if number % 20 == 0 else publishers[number % len(publishers)],
                    "name": f"app-{number}",
                    "title": f"Application {number}",
                    "description": "What the figures of the last quarter say, by region and product.",
                    "access_type": ("acl", "logged_in", "all")[number % 3] if number % 3 < 2 else "logged_in",
                    "upstream_url": f"http://10.0.0.{number % 250}:8000",
                    "created_at": now,
                    "updated_at": now,
                }
                for number, guid in enumerate(crowd.contents)
            ),
        )
        people = len(crowd.users)
        self.add(
            "content_permission",
            (
                {
                    "content_guid": guid,
                    "user_guid": crowd.users[(number * size.permissions_per_content + place) % people],
                    "level": "viewer",
                }
                for number, guid in enumerate(crowd.contents)
                for place in range(size.permissions_per_content)
            ),
        )
        sources = len(crowd.integrations)
        self.add(
            "association",
            (
                {
                    "content_guid": guid,
                    "integration_guid": crowd.integrations[(number + place * 7) % sources],
                    "created_at": now,
                }
                for number, guid in enumerate(crowd.contents)
                for place in range(size.associations_per_content)
            ),
        )

    def _sessions(self, admin, viewer):
        crowd, now, size = self.crowd, self.now, self.size
        # Those who look are logged in everywhere; the rest is spread over the others.
        pairs = [(person, guid) for person in (admin, viewer) for guid in crowd.integrations]
        for number in range(size.sessions - len(pairs)):
            person = crowd.users[number % len(crowd.users)]
            pairs.append((person, crowd.integrations[(number * 13 + number // len(crowd.users)) % size.integrations]))
        self.add(
            "oauth_session",
            (
                {
                    "guid": self.guid(),
                    "user_guid": person,
                    "integration_guid": guid,
                    "sealed_access_token": secrets.token_bytes(900),
                    "sealed_refresh_token": secrets.token_bytes(64),
                    "expires_at": now + HOUR,
                    "refresh_at": now + HOUR - 300,
                    "scope": "all-apis offline_access",
                    "needs_login": "refresh_token_rejected" if number % 40 == 7 else None,
                    "version": 1,
                    "created_at": now - DAY,
                    "updated_at": now,
                }
                for number, (person, guid) in enumerate(dict.fromkeys(pairs))
            ),
        )

    def _events(self, admin):
        crowd, now, size = self.crowd, self.now, self.size
        actions = ["credentials.issued", "session.created", "session.refreshed", "content.updated"]
        # They carry no genuine hash: pages show lines, `gatehouse audit verify` is not asked here.
        self.add(
            "audit_event",
            (
                {
                    "at": now - (size.events - number) * 60,
                    "action": actions[number % len(actions)],
                    "outcome": "success",
                    "actor_kind": "user",
                    "actor_guid": admin if number % 10 == 0 else crowd.users[number % size.users],
                    "actor_name": f"person{number % size.users:05d}@bench.example",
                    "door": "browser",
                    "address": "192.0.2.1",
                    "correlation_id": secrets.token_hex(8),
                    "subject_guid": crowd.users[number % size.users],
                    "content_guid": crowd.contents[number % size.contents],
                    "integration_guid": crowd.integrations[number % size.integrations],
                    "details": "{}",
                    "hash": secrets.token_bytes(32),
                }
                for number in range(size.events)
            ),
        )

    def _activity(self):
        """Every data source is used in every hour; number 0 is the account as a whole."""
        counts = {
            "exchanges_served": 120,
            "exchanges_refused": 2,
            "exchanges_failed": 1,
            "refreshes_done": 9,
            "refreshes_failed": 1,
            "logins_done": 3,
            "logins_failed": 0,
        }
        numbers = [0] + [row[0] for row in self.database.execute("SELECT id FROM integration ORDER BY id")]
        for span, length in ((HOUR, self.size.activity_hours), (DAY, self.size.activity_days)):
            first = self.now - self.now % span
            self.add(
                "activity",
                (
                    {"integration_id": number, "span": span, "start": first - step * span, **counts}
                    for number in numbers
                    for step in range(length)
                ),
            )
