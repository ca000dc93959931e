"""The audit: every change leaves its line, with who, from where, for what; it is paged, filtered, exported, checked."""

import csv
import io
import json
import sqlite3
from urllib.parse import parse_qs, urlsplit

import pytest
from posit.connect.cursors import CursorPaginator

from harness.gatehouse import GUID
from harness.hunting import spellings, strings_in
from harness.process import Child
from harness.scene import play
from harness.sdk import client_of
from harness.waiting import wait_until

COLUMNS = [
    "id", "time", "user_guid", "user_description", "action", "event_description", "outcome", "actor_kind", "door",
    "key_id", "address", "correlation_id", "subject_guid", "content_guid", "integration_guid", "details", "hash",
]  # fmt: skip


def audit(account, **filters) -> list[dict]:
    """All lines, oldest first."""
    return account.admin.api.ok("GET", "v1/audit_logs", params={"limit": 500, **filters})["results"]


class Story:
    """One account in which everything happened once, and every secret that took part."""

    def __init__(self, stage) -> None:
        self.server = stage.gatehouse()
        self.provider = stage.simulator("databricks")
        self.scene = scene = play(self.server, self.provider)
        self.account, self.admin = scene.account, scene.account.admin
        api = self.admin.api
        self.secrets = {self.provider.client_secret, *self.provider.passwords.values()}
        self.secrets |= {person.key for person in (self.admin, scene.publisher, scene.viewer)}
        invite = parse_qs(urlsplit(scene.viewer.invite_url).query)["token"][0]
        self.secrets |= {scene.viewer.password, scene.token, invite}
        self.secrets.add(scene.credentials()["access_token"])

        made = scene.publisher.api.ok("POST", f"v1/users/{scene.publisher.guid}/keys", json={"name": "second"})
        self.secrets.add(made["key"])
        scene.publisher.api.ok("DELETE", f"v1/users/{scene.publisher.guid}/keys/{made['id']}")

        content = f"v1/content/{scene.content['guid']}"
        body = {"principal_guid": scene.viewer.guid, "principal_type": "user", "role": "viewer"}
        permission = scene.publisher.api.ok("POST", f"{content}/permissions", json=body)
        scene.publisher.api.ok("DELETE", f"{content}/permissions/{permission['id']}")
        variable = "planted-environment-" + "x" * 20
        self.secrets.add(variable)
        scene.publisher.api.ok("PATCH", f"{content}/environment", json=[{"name": "SECRET", "value": variable}])

        rotated = "planted-client-secret-" + "y" * 20
        self.secrets.add(rotated)
        path = f"v1/oauth/integrations/{scene.integration['guid']}"
        api.ok("PATCH", path, json={"name": "Renamed", "config": {"client_secret": rotated}})
        api.ok("PATCH", path, json={"permissions": [{"user_guid": scene.publisher.guid}]})

        hook = {"url": "https://hooks.example.com/in?token=planted-in-the-address", "events": ["session.created"]}
        self.secrets.add("planted-in-the-address")
        webhook = api.ok("POST", "v1/webhooks", json={**hook, "enabled": False})
        self.secrets.add(webhook["secret"])
        path = f"v1/webhooks/{webhook['guid']}"
        api.ok("PATCH", path, json={"description": "Changed"})
        self.secrets.add(api.ok("POST", f"{path}/rotate-secret")["secret"])
        api.ok("DELETE", path)
        api.ok("PUT", "v1/audit_logs/retention", json={"days": 365})

        other = self.account.add("viewer")
        api.ok("POST", f"v1/users/{other.guid}/lock", json={"locked": True})
        api.ok("POST", f"v1/users/{other.guid}/lock", json={"locked": False})
        self.fail_to_log_in()
        [session] = scene.sessions()
        self.session = session
        scene.viewer.api.ok("DELETE", f"v1/oauth/sessions/{session['guid']}")
        extra = self.account.add_content(scene.publisher)
        scene.publisher.api.ok("DELETE", f"v1/content/{extra['guid']}")
        gone = self.account.integrate("connect", max_role="Viewer")
        api.ok("DELETE", f"v1/oauth/integrations/{gone['guid']}")
        for values in strings_in(self.provider.issued()):
            self.secrets.add(values)
        self.lines = audit(self.account)

    def fail_to_log_in(self) -> None:
        start = self.scene.viewer.start_login(self.scene.integration)
        callback = self.provider.authorize_as("vera", start.headers["Location"])
        query = parse_qs(urlsplit(callback).query)
        self.secrets |= {query["state"][0], query["code"][0]}
        self.scene.viewer.browser.get(callback + "&iss=https%3A%2F%2Fevil.example%2F", follow=False)

    def only(self, action: str) -> dict:
        found = [line for line in self.lines if line["action"] == action]
        assert found, f"nothing says {action}: {sorted({line['action'] for line in self.lines})}"
        return found[-1]


@pytest.fixture(scope="module")
def story(stage) -> Story:
    return Story(stage)


# What is noted.

CHANGES = [
    "account.created", "user.created", "user.locked", "user.unlocked", "user.password_set", "user.signed_in",
    "api_key.created", "api_key.deleted", "content.created", "content.updated", "content.deleted",
    "content.permission_set", "content.permission_removed", "content.associations_changed", "content.opened",
    "content.environment_changed", "integration.created", "integration.updated", "integration.deleted",
    "integration.permissions_changed", "session.created", "session.ended", "session.login_failed",
    "credentials.issued", "webhook.created", "webhook.updated", "webhook.secret_rotated", "webhook.deleted",
    "audit.retention_changed",
]  # fmt: skip


@pytest.mark.parametrize("action", CHANGES)
def test_every_kind_of_change_leaves_its_line(story, action):
    line = story.only(action)
    assert list(line) == COLUMNS
    assert line["time"].endswith("Z") and len(line["hash"]) == 64
    assert line["user_description"] in line["event_description"]
    assert line["outcome"] == ("failure" if action == "session.login_failed" else "success")
    if line["door"] != "command":
        assert line["correlation_id"] and line["address"] == "127.0.0.1"
        assert GUID.match(line["user_guid"])


def test_lines_count_up_without_gaps(story):
    assert [int(line["id"]) for line in story.lines] == list(range(1, len(story.lines) + 1))


def test_a_line_says_who_by_which_key_and_for_what(story):
    line = story.only("integration.updated")
    assert (line["actor_kind"], line["door"]) == ("user", "api_key")
    assert line["user_guid"] == story.admin.guid and line["user_description"] == story.admin.email
    keys = story.admin.api.ok("GET", f"v1/users/{story.admin.guid}/keys")
    assert line["key_id"] in {key["id"] for key in keys}
    assert line["integration_guid"] == story.scene.integration["guid"]
    assert set(line["details"]["changed"]) >= {"client_secret"}
    assert story.only("content.created")["content_guid"]
    ended = story.only("session.ended")
    assert ended["subject_guid"] == story.session["guid"] and ended["user_guid"] == story.scene.viewer.guid
    assert story.only("content.opened")["door"] == "browser"
    assert story.only("user.created")["actor_kind"] == "operator"


def test_the_session_that_a_line_names_is_the_one_that_is_shown(story):
    created = [line for line in story.lines if line["action"] == "session.created"]
    assert {line["subject_guid"] for line in created} == {story.session["guid"]}


def test_the_callers_correlation_id_and_forwarded_address_are_kept(story):
    headers = {"X-Correlation-ID": "of-this-very-request", "X-Forwarded-For": "198.51.100.7"}
    story.scene.publisher.api.ok("POST", "v1/content", json={"title": "Traced"}, headers=headers)
    line = audit(story.account)[-1]
    assert line["correlation_id"] == "of-this-very-request" and line["address"] == "198.51.100.7"


def test_what_was_refused_or_changes_nothing_leaves_no_line_of_a_change(story):
    before = len(audit(story.account, action="integration.*,content.created"))
    story.admin.api("POST", "v1/oauth/integrations", json={"template": "nothing"})
    story.scene.viewer.api("POST", "v1/content", json={"title": "x"})
    assert len(audit(story.account, action="integration.*,content.created")) == before


def test_no_secret_is_in_the_audit_or_its_exports(story):
    api = story.admin.api
    texts = [json.dumps(audit(story.account)).encode()]
    texts += [api("GET", "v1/audit_logs/export", params={"format": form}).content for form in ("jsonl", "csv")]
    texts += [story.server.command("audit", "export", story.account.slug, "--format", "csv").encode()]
    secrets = {one for one in story.secrets if len(one) >= 12}
    assert len(secrets) > 15
    for secret in secrets:
        for text in texts:
            assert not [form for form in spellings(secret) if form in text]


# Who may read it.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "v1/audit_logs"),
        ("GET", "v1/audit_logs/export"),
        ("GET", "v1/audit_logs/retention"),
        ("PUT", "v1/audit_logs/retention"),
        ("GET", "v1/webhooks"),
        ("POST", "v1/webhooks"),
    ],
)
def test_it_is_for_administrators_alone(story, method, path):
    for person in (story.scene.viewer, story.scene.publisher):
        person.api.refused(403, 22, method, path, **({} if method == "GET" else {"json": {}}))


def test_an_account_sees_its_own_lines_alone(story):
    other = story.server.create_account()
    lines = audit(other)
    assert {line["action"] for line in lines} <= {"account.created", "user.created"}
    assert audit(other, user_guid=story.scene.viewer.guid) == []


# Paging and filters.


def test_the_sdks_paginator_reads_all_pages(story):
    client = client_of(story.admin)
    every = [line["id"] for line in audit(story.account)]
    assert [line["id"] for line in CursorPaginator(client._ctx, "v1/audit_logs").fetch_results()] == every


@pytest.mark.parametrize("order", ["true", "false"])
def test_pages_lead_forwards_and_back(story, order):
    every = [line["id"] for line in audit(story.account, ascOrder=order)]
    api, seen, cursors = story.admin.api, [], {}
    while True:
        page = api.ok("GET", "v1/audit_logs", params={"limit": 7, "ascOrder": order, **cursors})
        assert len(page["results"]) <= 7
        seen += [line["id"] for line in page["results"]]
        if page["paging"]["cursors"]["next"] is None:
            break
        cursors = {"next": page["paging"]["cursors"]["next"]}
    assert seen == every
    back = [line["id"] for line in page["results"]]
    while page["paging"]["cursors"]["previous"]:
        cursors = {"previous": page["paging"]["cursors"]["previous"]}
        page = api.ok("GET", "v1/audit_logs", params={"limit": 7, "ascOrder": order, **cursors})
        back = [line["id"] for line in page["results"]] + back
    assert back == every


def test_the_addresses_of_other_pages_keep_the_filters(story):
    api = story.admin.api
    page = api.ok("GET", "v1/audit_logs", params={"limit": 2, "action": "user.*"})
    paging = page["paging"]
    assert set(paging) == {"cursors", "first", "previous", "next", "last"} and paging["previous"] is None
    assert paging["next"].startswith(story.server.base_url + "/__api__/v1/audit_logs?")

    def follow(url: str) -> list[dict]:
        return api.ok("GET", url.removeprefix(story.server.base_url + "/__api__/"))["results"]

    every = audit(story.account, action="user.*")
    assert follow(paging["first"]) == every[:2]
    assert follow(paging["next"]) == every[2:4]
    assert follow(paging["last"]) == every[-2:]


def test_filters_find_what_they_say(story):
    every = audit(story.account)
    viewer, content, integration = story.scene.viewer.guid, story.scene.content["guid"], story.scene.integration["guid"]

    def is_about(line: dict) -> bool:
        return viewer in (line["user_guid"], line["subject_guid"], line["details"].get("user_guid"))

    expected = {
        ("action", "user.locked,audit.retention_changed"): lambda line: (
            line["action"] in ("user.locked", "audit.retention_changed")
        ),
        ("action", "content.*"): lambda line: line["action"].startswith("content."),
        ("user_guid", viewer): is_about,
        ("content_guid", content): lambda line: line["content_guid"] == content,
        ("integration_guid", integration): lambda line: line["integration_guid"] == integration,
        ("outcome", "failure"): lambda line: line["outcome"] == "failure",
        ("from", every[9]["time"]): lambda line: line["time"] >= every[9]["time"],
        ("to", every[-1]["time"]): lambda line: line["time"] < every[-1]["time"],
    }
    for (name, value), fits in expected.items():
        found = audit(story.account, **{name: value})
        assert found == [line for line in every if fits(line)], name
    assert audit(story.account, action="user.created", integration_guid=integration) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"), ("limit", "501"), ("limit", "many"), ("next", "x"), ("next", "6"), ("previous", "-1"),
        ("next", "78"), ("ascOrder", "up"), ("action", "user.exploded"), ("action", "user.created,"),
        ("user_guid", "me"), ("content_guid", "1"), ("integration_guid", ""), ("outcome", "good"),
        ("from", "yesterday"), ("to", "2030-02-30T00:00:00Z"), ("surprise", "1"), ("user_agent", "x"),
    ],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_refused_by_name(story, name, value):
    error = story.admin.api.refused(400, 25, "GET", "v1/audit_logs", params={name: value})
    assert error["payload"]["field"] == name


def test_next_and_previous_exclude_each_other(story):
    page = story.admin.api.ok("GET", "v1/audit_logs", params={"limit": 1})
    cursor = page["paging"]["cursors"]["next"]
    story.admin.api.refused(400, 25, "GET", "v1/audit_logs", params={"next": cursor, "previous": cursor})


# Export.


def test_an_export_has_every_line_and_is_noted_itself(story):
    api = story.admin.api
    answer = api("GET", "v1/audit_logs/export", params={"format": "jsonl"})
    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[-1]["action"] == "audit.exported" and lines[-1]["details"] == {"format": "jsonl"}
    assert lines == audit(story.account)[: len(lines)]
    answer = api("GET", "v1/audit_logs/export", params={"format": "csv", "action": "integration.*"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    wanted = audit(story.account, action="integration.*")
    assert [row["id"] for row in rows] == [line["id"] for line in wanted] and list(rows[0]) == COLUMNS
    assert json.loads(rows[0]["details"]) == wanted[0]["details"]
    api.refused(400, 25, "GET", "v1/audit_logs/export", params={"format": "xml"})


def test_a_formula_that_somebody_chose_as_a_name_is_none_in_the_csv(story):
    story.admin.api.ok(
        "PATCH", f"v1/oauth/integrations/{story.scene.integration['guid']}", json={"name": "=HYPERLINK(1)"}
    )
    evil = {"X-Correlation-ID": "-2-3"}
    story.scene.publisher.api.ok("POST", "v1/content", json={"title": "x"}, headers=evil)
    text = story.admin.api("GET", "v1/audit_logs/export", params={"format": "csv"}).text
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'-2-3" in cells
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")] == []


# Retention.


def test_lines_are_kept_for_as_long_as_the_account_wants(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    api = account.admin.api
    assert api.ok("GET", "v1/audit_logs/retention") == {"days": None}
    for wrong in (29, 3651, "30", 30.5, True):
        api.refused(400, 25, "PUT", "v1/audit_logs/retention", json={"days": wrong})
    assert api.ok("PUT", "v1/audit_logs/retention", json={"days": 30}) == {"days": 30}
    old = audit(account)
    server.restart(clock_offset=31 * 86400)

    def kept() -> list[dict]:
        return audit(account)

    wait_until(lambda: "audit.pruned" in {line["action"] for line in kept()}, "old lines are removed")
    assert not {line["id"] for line in kept()} & {line["id"] for line in old}
    verdict = server.json("audit", "verify", account.slug)
    assert verdict["ok"] and verdict["removed_up_to"] == int(old[-1]["id"])
    assert api.ok("PUT", "v1/audit_logs/retention", json={"days": None}) == {"days": None}


# The chain, and the command line.


def tamper(server, account, sql: str) -> None:
    """As somebody would who can write the file, but has no key."""
    with sqlite3.connect(server.data / account.slug / "account.sqlite") as file:
        file.execute("DROP TRIGGER IF EXISTS audit_event_is_final")
        file.execute("DROP TRIGGER IF EXISTS audit_event_stays")
        file.executescript(sql)
    file.close()


@pytest.fixture
def noted(own_stage):
    """A stopped server with an account of some lines."""
    server = own_stage.gatehouse()
    account = server.create_account()
    for number in range(8):
        account.admin.api.ok("POST", "v1/content", json={"title": f"Number {number}"})
    server.stop()
    return server, account


@pytest.mark.parametrize("running", [True, False])
def test_verify_says_how_many_lines_fit_and_the_head(noted, running):
    server, account = noted
    if running:
        server.start()
    verdict = server.json("audit", "verify", account.slug)
    assert verdict["ok"] and verdict["lines"] == verdict["head"]["id"] == 10 and verdict["first_broken"] is None
    head = f"{verdict['head']['id']}:{verdict['head']['hash']}"
    assert head in server.command("audit", "verify", account.slug, "--expect", head)


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("UPDATE audit_event SET actor_name = 'eve' WHERE id = 5", 5),
        ("UPDATE audit_event SET at = at - 60 WHERE id = 5", 5),
        ("DELETE FROM audit_event WHERE id = 5", 5),
        (
            "UPDATE audit_event SET id = 99 WHERE id = 5; UPDATE audit_event SET id = 5 WHERE id = 6;"
            "UPDATE audit_event SET id = 6 WHERE id = 99",
            5,
        ),
        (
            "INSERT INTO audit_event SELECT 11, at, action, outcome, actor_kind, actor_guid, actor_name, door, key_id,"
            "address, correlation_id, subject_guid, content_guid, integration_guid, details, hash, user_guid"
            " FROM audit_event WHERE id = 10",
            11,
        ),
        ("DELETE FROM audit_event WHERE id < 4", 1),
        (
            "INSERT INTO audit_anchor SELECT 1, 4, hash, hash FROM audit_event WHERE id = 4;"
            "DELETE FROM audit_event WHERE id <= 4",
            4,
        ),
    ],
    ids=["changed", "moved in time", "removed", "reordered", "forged", "beginning removed", "anchor moved"],
)
def test_verify_finds_what_somebody_did_to_the_file(noted, sql, first):
    server, account = noted
    tamper(server, account, sql)
    done = server.run("audit", "verify", account.slug, "--json")
    assert done.returncode == 1
    verdict = json.loads(done.stdout)
    assert not verdict["ok"] and verdict["first_broken"]["id"] == first
    assert len(verdict["first_broken"]["reason"]) > 15
    plain = server.run("audit", "verify", account.slug)
    assert plain.returncode == 1 and f"BROKEN at {first}" in plain.stdout


def test_a_cut_end_is_found_by_the_head_that_was_noted_elsewhere(noted):
    server, account = noted
    head = server.json("audit", "verify", account.slug)["head"]
    expect = ("--expect", f"{head['id']}:{head['hash']}")
    tamper(server, account, "DELETE FROM audit_event WHERE id > 8")
    assert server.run("audit", "verify", account.slug).returncode == 0
    assert server.run("audit", "verify", account.slug, *expect).returncode == 1
    # What is written anew in its place does not help.
    server.start()
    for _ in range(4):
        account.admin.api.ok("POST", "v1/content", json={"title": "New"})
    assert server.run("audit", "verify", account.slug).returncode == 0
    assert server.run("audit", "verify", account.slug, *expect).returncode == 1


@pytest.mark.parametrize("expect", ["", "10", "x:y", "10:abc"])
def test_what_is_no_head_is_refused_with_a_sentence(noted, expect):
    server, account = noted
    done = server.run("audit", "verify", account.slug, "--expect", expect)
    assert done.returncode == 1 and "ID:HASH" in done.stderr


def test_the_command_line_lists_and_exports(noted):
    server, account = noted
    listed = server.json("audit", "list", account.slug, "--limit", "3")
    assert [line["id"] for line in listed] == ["10", "9", "8"]
    assert "created the content" in server.command("audit", "list", account.slug, "--action", "content.*")
    lines = [json.loads(line) for line in server.command("audit", "export", account.slug).splitlines()]
    assert [line["id"] for line in lines] == [str(number) for number in range(1, 12)]
    assert lines[-1]["action"] == "audit.exported" and lines[-1]["actor_kind"] == "operator"
    rows = list(csv.DictReader(io.StringIO(server.command("audit", "export", account.slug, "--format", "csv"))))
    assert len(rows) == 12 and list(rows[0]) == COLUMNS
    assert server.run("audit", "list", account.slug, "--action", "nothing").returncode == 1
    assert server.run("audit", "verify", "nobody").returncode == 66


def test_the_chain_goes_on_after_a_kill(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    account.admin.api.ok("POST", "v1/content", json={"title": "Before"})
    assert isinstance(server.child, Child)
    server.child.kill()
    server.start()
    account.admin.api.ok("POST", "v1/content", json={"title": "After"})
    verdict = server.json("audit", "verify", account.slug)
    assert verdict["ok"] and verdict["lines"] == 4
