"""The audit's pages: what is looked for is found, page by page; what is downloaded is what the API exports."""

import csv
import html
import io
import json
import re
import sqlite3

import pytest

from harness.browser import form_with
from harness.scene import play
from harness.sdk import client_of

SCRIPT = "<script>alert(1)</script>"


class Story:
    """An account in which some things happened."""

    def __init__(self, server, provider) -> None:
        self.server = server
        self.scene = scene = play(server, provider)
        self.account, self.admin, self.viewer = scene.account, scene.account.admin, scene.viewer
        self.admin.accept_invite()
        scene.credentials()
        self.group = self.admin.api.ok("POST", "v1/groups", json={"name": f"{SCRIPT} group"})
        path = f"v1/groups/{self.group['guid']}/members"
        self.admin.api.ok("POST", path, json={"user_guid": self.viewer.guid})
        self.viewer.api("POST", "v1/content", json={"title": "x"})

    def page(self, path: str = "audit", status: int = 200, **query):
        answer = self.admin.browser.get(self.account.url(path), params=query)
        assert answer.status_code == status, f"{answer.status_code} {answer.url} {answer.text[:1000]}"
        return answer

    def ids(self, **query) -> list[int]:
        """The numbers of the lines on the page, as they stand there."""
        return line_ids(self.page(**query))

    def api_ids(self, **query) -> list[int]:
        """The same from the API, newest first."""
        lines = self.admin.api.ok("GET", "v1/audit_logs", params={"limit": 500, **query})["results"]
        return [int(line["id"]) for line in reversed(lines)]


def line_ids(answer) -> list[int]:
    return [int(number) for number in re.findall(r"<dt>Line</dt><dd>(\d+)</dd>", answer.text)]


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


@pytest.fixture(scope="module")
def story(server, databricks):
    return Story(server, databricks)


def test_lines_say_when_who_what_how_and_from_where_newest_first(server, databricks):
    # Of its own, because the first page has the newest lines alone.
    story = Story(server, databricks)
    shown = story.page()
    numbers = line_ids(shown)
    assert numbers == sorted(numbers, reverse=True) == story.api_ids()[: len(numbers)]
    words = text_of(shown)
    assert f"Added a member to the group {SCRIPT} group" in words and SCRIPT not in shown.text
    assert f'href="/accounts/{story.account.slug}/people/{story.admin.guid}">{story.admin.email}<' in shown.text
    assert f'href="/accounts/{story.account.slug}/groups/{story.group["guid"]}"' in shown.text
    assert f'href="/accounts/{story.account.slug}/integrations/{story.scene.integration["guid"]}"' in shown.text
    assert "127.0.0.1, API key " in words and "127.0.0.1, browser" in words and "command of the operator" in words
    assert re.search(r"<dt>Correlation id</dt><dd><code>[0-9a-f-]{16,}", shown.text)


def test_what_is_looked_for_is_what_the_api_finds(story):
    scene = story.scene
    person, integration, content = story.viewer.guid, scene.integration["guid"], scene.content["guid"]
    for asked, query in (
        ({"action": "group.*"}, {"action": "group.*"}),
        ({"action": "user.created"}, {"action": "user.created"}),
        ({"person": story.viewer.email.upper()}, {"user_guid": person}),
        ({"person": person}, {"user_guid": person}),
        ({"source": scene.integration["name"].lower()}, {"integration_guid": integration}),
        ({"source": integration}, {"integration_guid": integration}),
        ({"content": "sales"}, {"content_guid": content}),
        ({"content": scene.content["name"], "outcome": "success"}, {"content_guid": content, "outcome": "success"}),
        (
            {"person": story.viewer.email, "action": "session.created"},
            {"user_guid": person, "action": "session.created"},
        ),
    ):
        found = story.ids(**asked)
        assert found == story.api_ids(**query)[:20] and found, asked
        form = form_with(story.page(**asked), "person", "source")
        assert {name: form.fields[name] for name in asked} == asked, "what was looked for stands in the form"
    assert story.ids(outcome="failure") == [] == story.api_ids(outcome="failure")


def test_the_names_of_the_api_do_too(story):
    integration = story.scene.integration["guid"]
    shown = story.page(integration_guid=integration, action="session.*")
    assert line_ids(shown) == story.api_ids(integration_guid=integration, action="session.*") != []
    assert form_with(shown, "source").fields["source"] == integration


def test_days_and_moments_bound_what_is_found(story):
    lines = story.admin.api.ok("GET", "v1/audit_logs", params={"limit": 500})["results"]
    today, moment = lines[-1]["time"][:10], lines[-1]["time"]
    everything = story.ids()
    assert story.ids(**{"from": lines[0]["time"][:10]}) == everything == story.ids(to=today)
    assert story.ids(**{"from": "2999-01-01"}) == [] == story.ids(to="2001-01-01")
    since = story.ids(**{"from": moment})
    assert int(lines[-1]["id"]) in since
    assert not set(since) & set(story.ids(to=moment))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "nothing.*"), ("action", SCRIPT), ("person", "nobody@nowhere.example"), ("person", "x" * 5000),
        ("person", "a\x00b"), ("source", "no such source"), ("content", "👩‍💻"), ("content", "שלום"),
        ("outcome", "maybe"), ("from", "yesterday"), ("from", "2030-02-30"),
        ("to", "2030-01-31T25:00:00Z"), ("to", "' OR 1=1 --"),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_told_beside_its_field(story, field, value):
    shown = story.page(status=400, **{field: value})
    assert f'id="error-{field}"' in shown.text and line_ids(shown) == [] and SCRIPT not in shown.text
    if field not in ("action", "outcome"):
        assert form_with(shown, field).fields[field] == value
    before = story.api_ids(action="audit.exported")
    assert story.admin.browser.get(story.account.url("audit/export"), params={field: value}).status_code == 400
    assert story.api_ids(action="audit.exported") == before


@pytest.mark.parametrize("query", [{"older": "x"}, {"newer": "-1"}, {"older": "1", "newer": "2"}, {"older": "9" * 30}])
def test_a_place_that_is_none_is_refused(story, query):
    story.page(status=400, **query)


def test_names_that_several_have_are_asked_for_by_guid(story):
    first, second = (story.account.add_content(story.scene.publisher, title="Übersicht") for _ in range(2))
    assert "More than one" in story.page(status=400, content="ÜBERSICHT").text
    for one in (first, second):
        assert story.ids(content=one["guid"]) == story.api_ids(content_guid=one["guid"]) != []


def test_what_is_gone_and_what_is_anothers(story):
    gone = story.account.add_content(story.scene.publisher, title="Short-lived")
    story.scene.publisher.api.ok("DELETE", f"v1/content/{gone['guid']}")
    found = story.page(content=gone["guid"])
    assert line_ids(found) == story.api_ids(content_guid=gone["guid"]) != []
    assert f'/content/{gone["guid"]}"' not in found.text, "nothing to go to"
    stranger = story.server.create_account().admin
    story.page(status=400, person=stranger.guid)
    story.page(status=400, person=stranger.email)


def test_older_and_newer_pages_are_whole(own_stage):
    account = own_stage.gatehouse().create_account()
    admin = account.admin
    admin.accept_invite()
    for number in range(50):
        admin.api.ok("POST", "v1/groups", json={"name": f"group {number}"})
    answer = admin.browser.get(account.url("audit"), params={"action": "group.created"})
    seen, addresses = [], []
    while True:
        seen.append(line_ids(answer))
        link = re.search(r'<a href="([^"]+)" rel="next">Older', answer.text)
        addresses.append(answer.url)
        if not link:
            break
        answer = admin.browser.get(account.server.url(html.unescape(link[1])))
    assert [len(one) for one in seen] == [20, 20, 10]
    flat = [number for one in seen for number in one]
    assert flat == sorted(flat, reverse=True) and len(set(flat)) == 50
    assert 'rel="prev"' not in admin.browser.get(addresses[0]).text
    newer = re.search(r'<a href="([^"]+)" rel="prev">Newer', answer.text)
    assert line_ids(admin.browser.get(account.server.url(html.unescape(newer[1])))) == seen[1]


def test_the_download_is_what_the_api_exports(story):
    for asked, query in (
        ({"action": "group.*"}, {"action": "group.*"}),
        ({"person": story.viewer.email, "outcome": "success"}, {"user_guid": story.viewer.guid, "outcome": "success"}),
        ({"source": story.scene.integration["name"]}, {"integration_guid": story.scene.integration["guid"]}),
    ):
        shown = story.page(**asked)
        for form, media in (("csv", "text/csv"), ("jsonl", "application/x-ndjson")):
            [link] = [one for one in re.findall(r'href="([^"]+/audit/export[^"]+)"', shown.text) if form in one]
            answer = story.admin.browser.get(story.server.url(html.unescape(link)))
            expected = story.admin.api("GET", "v1/audit_logs/export", params={"format": form, **query})
            assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(media)
            assert "attachment" in answer.headers["Content-Disposition"]
            assert answer.content == expected.content and answer.content.count(b"\n") > 1
            if form == "jsonl":
                ids = [int(json.loads(line)["id"]) for line in answer.text.splitlines()]
            else:
                ids = [int(row["id"]) for row in csv.DictReader(io.StringIO(answer.text))]
            assert ids == sorted(story.ids(**asked))
    story.page("audit/export", status=400, format="xml")


def test_a_download_is_noted_as_the_last_of_its_lines(story):
    answer = story.admin.browser.get(story.account.url("audit/export"), params={"format": "jsonl"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert (lines[-1]["action"], lines[-1]["door"]) == ("audit.exported", "browser")
    assert [int(line["id"]) for line in lines] == list(range(1, len(lines) + 1))


def test_retention_is_set_told_and_taken_back(story):
    form = form_with(story.page("audit/retention"), "days")
    for typed, kept in (("365", 365), (" 30 ", 30), ("", None)):
        saved = story.admin.browser.submit(form, days=typed)
        assert saved.status_code == 200 and "was changed" in saved.text
        assert story.admin.api.ok("GET", "v1/audit_logs/retention")["days"] == kept
        form = form_with(saved, "days")
        assert form.fields["days"] == (str(kept) if kept else "")
    for wrong in ("29", "3651", "0", "-1", "ten", "30.5", "9" * 40, SCRIPT, "٣٦٥"):
        answer = story.admin.browser.submit(form, days=wrong)
        assert answer.status_code == 400 and 'id="error-days"' in answer.text and SCRIPT not in answer.text
        assert form_with(answer, "days").fields["days"] == wrong
    assert story.admin.api.ok("GET", "v1/audit_logs/retention")["days"] is None


def test_the_check_tells_a_whole_audit_from_one_that_was_changed(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    account.admin.accept_invite()

    def check() -> str:
        return account.admin.browser.get(account.url("audit/chain")).text

    assert "Every line is as it was written" in check()
    head = re.search(r"<code>(\d+:[0-9a-f]{64})</code>", check())[1]
    assert server.run("audit", "verify", account.slug, "--expect", head).returncode == 0
    server.stop()
    with sqlite3.connect(server.data / account.slug / "account.sqlite") as file:
        file.execute("DROP TRIGGER audit_event_is_final")
        file.execute("UPDATE audit_event SET actor_name = 'somebody else' WHERE id = 2")
    server.start()
    told = check()
    assert "tampered" in told and "Line 2 " in told


def test_a_line_of_the_person_page_leads_to_what_they_did(story):
    person = client_of(story.admin).users.get(story.viewer.guid)
    shown = story.page(f"people/{person['guid']}")
    link = re.search(r'href="([^"]+/audit\?person=[^"]+)"', shown.text)[1]
    answer = story.admin.browser.get(story.server.url(html.unescape(link)))
    assert line_ids(answer) == story.api_ids(user_guid=person["guid"])[:20]
