"""Content in a browser: the list, creating, who may view, data sources, how their logins fare, variables, the end."""

import dataclasses
import re
from html import unescape

import pytest

from harness import seeded
from harness.account import Account, Person
from harness.browser import Form, form_with, forms_of
from harness.bundles import bundle
from harness.scene import play

SCRIPT = "<script>alert('x')</script>"
TEXTS = [SCRIPT, "\"quoted\" & 'more' {{title}} {{{body}}}", "😀 Umsätze 売上", "تقرير المبيعات", "a" * 1024]
DISTURBING = ["two\nlines", "nul\x00", "turned \u202e round"]


@dataclasses.dataclass
class People:
    account: Account
    owner: Person
    other: Person
    viewer: Person

    @property
    def admin(self) -> Person:
        return self.account.admin


@pytest.fixture(scope="module")
def people(account) -> People:
    people = People(account, account.add("publisher"), account.add("publisher"), account.add("viewer"))
    for person in (people.owner, people.other, people.viewer, people.admin):
        person.accept_invite()
    return people


@pytest.fixture
def content(people) -> dict:
    return people.account.add_content(people.owner, title="Sales " + seeded.token_hex(3), access_type="acl")


def page(person: Person, content: dict, rest: str = "", status: int = 200, **query):
    answer = person.browser.get(person.account.url(f"content/{content['guid']}{rest}"), params=query)
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:3000]}"
    return answer


def form_to(answer, rest: str, **having: str) -> Form:
    """The form that is sent to an address that ends so, and has these values."""
    for form in forms_of(answer):
        if (
            form.method == "post"
            and form.action.endswith(rest)
            and all(form.fields.get(name) == value for name, value in having.items())
        ):
            return form
    raise AssertionError(f"no form to {rest} with {having}\n{answer.text[:3000]}")


def send(person: Person, answer, rest: str, having: dict | None = None, status: int = 303, **fields: str):
    form = form_to(answer, rest, **(having or {}))
    sent = person.browser.submit(form, follow=False, **fields)
    assert sent.status_code == status, f"{sent.status_code} {sent.text[:3000]}"
    return sent


def error_of(answer, field: str) -> str:
    """The sentence beside a field."""
    found = re.search(rf'<p class="error" id="error-{field}">(.*?)</p>', answer.text)
    assert found, f"no error beside {field}\n{answer.text[:3000]}"
    assert f'aria-describedby="hint-{field} error-{field}"' in answer.text or f"error-{field}" in answer.text
    return unescape(found[1])


def read(person: Person, content: dict) -> dict:
    return person.api.ok("GET", f"v1/content/{content['guid']}")


def titles(answer) -> list[str]:
    return [unescape(title) for title in re.findall(r'<h2 dir="auto">(.*?)</h2>', answer.text)]


# The list.


@pytest.mark.parametrize(
    ("role", "words"),
    [("viewer", "Nothing is shared with you"), ("publisher", "Create some"), ("administrator", "Create some")],
)
def test_an_empty_list_says_what_to_do_next(server, role, words):
    account = server.create_account()
    person = account.admin if role == "administrator" else account.add(role)
    person.accept_invite()
    answer = person.browser.get(account.url("content"))
    assert words in answer.text
    assert ("content/new" in answer.text) == (role != "viewer")


def test_a_viewer_finds_what_is_shared_and_the_way_in(people, content):
    listing = people.account.url("content")
    assert titles(people.viewer.browser.get(listing, params={"q": content["title"]})) == []
    people.owner.api.ok(
        "POST",
        f"v1/content/{content['guid']}/permissions",
        json={"principal_guid": people.viewer.guid, "role": "viewer"},
    )
    answer = people.viewer.browser.get(listing, params={"q": content["title"]})
    assert titles(answer) == [content["title"]]
    assert f'href="{people.account.server.content_origin(content)}/content/{content["guid"]}/"' in answer.text
    assert "Manage" not in answer.text and "127.0.0.1:9<" not in answer.text
    assert people.viewer.browser.get(people.account.url("content/new")).status_code == 403


def test_who_may_change_content_can_manage_it_and_an_administrator_cannot_open_it(people, content):
    for person, manages, opens in [(people.owner, True, True), (people.admin, True, False)]:
        answer = person.browser.get(people.account.url("content"), params={"q": content["title"]})
        assert (f'href="/accounts/{people.account.slug}/content/{content["guid"]}"' in answer.text) == manages
        assert (f"{people.account.server.content_origin(content)}/content/{content['guid']}/" in answer.text) == opens
    assert titles(people.other.browser.get(people.account.url("content"), params={"q": content["title"]})) == []


def test_a_long_list_is_paged_and_searched(server):
    account = server.create_account()
    owner = account.add("publisher")
    owner.accept_invite()
    for number in range(23):
        owner.api.ok("POST", "v1/content", json={"title": f"Report {number:02}", "name": f"report-{number:02}"})
    first = owner.browser.get(account.url("content"))
    second = owner.browser.get(account.url("content"), params={"page": 2})
    assert titles(first) + titles(second) == [f"Report {number:02}" for number in range(23)]
    assert "Page 1 of 2" in first.text and 'rel="next"' in first.text
    assert titles(owner.browser.get(account.url("content"), params={"q": "rePORT-2"})) == [
        "Report 20",
        "Report 21",
        "Report 22",
    ]
    beyond = owner.browser.get(account.url("content"), params={"page": 9})
    assert "nothing on this page" in beyond.text
    assert owner.browser.get(account.url("content"), params={"page": "x"}).status_code == 400
    assert owner.browser.get(account.url("content"), params={"q": "a" * 256}).status_code == 400
    assert SCRIPT not in owner.browser.get(account.url("content"), params={"q": SCRIPT}).text


# Creating.


def create(people, status: int = 303, **fields: str):
    answer = people.owner.browser.get(people.account.url("content/new"))
    return send(people.owner, answer, "/content/new", status=status, **fields)


def test_content_is_created_and_says_what_comes_next(people):
    name = "made-" + seeded.token_hex(4)
    answer = create(
        people, title="Made here", name=name, description="For you.", access_type="logged_in",
        upstream_url=" http://127.0.0.1:9123/ ",
    )  # fmt: skip
    overview = people.owner.browser.get(people.account.server.url(answer.headers["Location"]))
    assert "Made here" in overview.text and "The content was created." in overview.text
    guid = answer.headers["Location"].split("/content/")[1][:36]
    made = read(people.owner, {"guid": guid})
    assert made["name"] == name and made["upstream_url"] == "http://127.0.0.1:9123"
    assert made["access_type"] == "logged_in" and made["description"] == "For you."


def test_content_needs_nothing_but_a_click(people):
    location = create(people).headers["Location"]
    made = read(people.owner, {"guid": location.split("/content/")[1][:36]})
    assert made["name"].startswith("content-") and made["access_type"] == "acl"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "ab"), ("name", "with space"), ("name", "x" * 65), ("name", SCRIPT), ("name", "😀😀😀"),
        ("title", "a" * 1025), *[("title", text) for text in DISTURBING], ("description", "a" * 4097),
        ("description", "nul\x00"), ("upstream_url", "127.0.0.1:9001"), ("upstream_url", "http://10.0.0.1:80"),
        ("upstream_url", "http://169.254.169.254:80"), ("upstream_url", "javascript://x:1"),
        ("upstream_url", "http://127.0.0.1:1/" + "x" * 5000), ("access_type", "everybody"), ("access_type", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(people, field, value):
    before = len(people.owner.api.ok("GET", "v1/content"))
    given = {"title": "Kept title", "name": "kept-name-" + seeded.token_hex(2), "description": "Kept words."}
    answer = create(people, 400, **{**given, field: value})
    assert len(error_of(answer, field)) > 10
    assert SCRIPT not in answer.text
    form = form_to(answer, "/content/new")
    for name, text in given.items():
        if name != field:
            assert form.fields[name] == text, "what was typed is kept"
    if field == "name" or field == "upstream_url":
        assert form.fields[field] == value.strip() or form.fields[field] == value
    assert len(people.owner.api.ok("GET", "v1/content")) == before


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_kept_as_it_is_and_never_becomes_a_part_of_the_page(people, text):
    location = create(people, title=text, description=text).headers["Location"]
    guid = location.split("/content/")[1][:36]
    made = read(people.owner, {"guid": guid})
    assert made["title"] == text and made["description"] == text
    for rest in ("", "/settings", "/viewers", "/access", "/environment", "/code", "/delete", "/owner"):
        answer = page(people.owner, made, rest)
        assert unescape(re.search(r'<h1 dir="auto">(.*?)</h1>', answer.text)[1]) == text
        assert "<script>alert" not in answer.text
    assert form_to(page(people.owner, made, "/settings"), "/settings").fields["title"] == text
    assert text in titles(people.owner.browser.get(people.account.url("content"), params={"q": text[:200]}))


def test_a_form_that_is_sent_twice_is_done_once(people):
    before = len(people.owner.api.ok("GET", "v1/content"))
    form = form_to(people.owner.browser.get(people.account.url("content/new")), "/content/new")
    answers = [people.owner.browser.submit(form, follow=False, title="Twice") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(people.owner.api.ok("GET", "v1/content")) == before + 1


def test_a_form_from_before_the_last_sign_in_is_asked_for_again_and_loses_nothing(people, content):
    form = form_to(page(people.owner, content, "/settings"), "/settings")
    stale = dataclasses.replace(form, fields={**form.fields, "csrf_token": "stale"})
    answer = people.owner.browser.submit(stale, follow=False, title="Not yet")
    assert answer.status_code == 409 and read(people.owner, content)["title"] == content["title"]
    assert people.owner.browser.submit(form_with(answer, "title"), follow=False).status_code == 303
    assert read(people.owner, content)["title"] == "Not yet"


# A content for those who may not change it, and of other accounts.

PAGES = ["/settings", "/owner", "/delete", "/viewers", "/access", "/environment", "/code"]


def test_a_viewer_sees_what_it_is_and_the_way_in_and_no_more(people):
    content = people.account.add_content(people.owner, title="Shown", description="Read me.")
    people.owner.api.ok("PATCH", f"v1/content/{content['guid']}/environment", json=[{"name": "HIDDEN", "value": "x"}])
    answer = page(people.viewer, content)
    assert "Shown" in answer.text and "Read me." in answer.text
    assert f'href="{people.account.server.content_origin(content)}/content/{content["guid"]}/"' in answer.text
    for hidden in (content["upstream_url"], "HIDDEN", "/settings", people.owner.email, content["name"]):
        assert hidden not in answer.text, hidden
    for rest in PAGES:
        page(people.viewer, content, rest, 403)


def test_another_publisher_sees_as_much_as_a_viewer(people, content):
    page(people.other, content, "", 403)
    for rest in PAGES:
        assert content["name"] not in page(people.other, content, rest, 403).text
    for rest in ("/settings", "/owner", "/delete", "/viewers", "/viewers/add", "/access", "/environment"):
        form = form_to(people.other.browser.get(people.account.url("content/new")), "/content/new")
        url = people.account.url(f"content/{content['guid']}{rest}")
        forged = dataclasses.replace(form, action=url)
        fields = {"title": "Mine", "owner_guid": people.other.guid, "access_type": "all", "name": "MINE", "value": "x"}
        fields |= {"principal": f"user:{people.other.guid}", "role": "owner"}
        answer = people.other.browser.submit(forged, follow=False, **fields)
        assert answer.status_code == 403, f"{rest}: {answer.status_code}"
    assert read(people.owner, content) == content


def test_content_of_another_account_is_not_there(people, server):
    account = server.create_account()
    account.admin.accept_invite()
    content = account.add_content(account.admin)
    unknown = {"guid": content["guid"][:-4] + ("0000" if not content["guid"].endswith("0000") else "1111")}
    for person in (people.owner, people.admin):
        for rest in ["", *PAGES]:
            for one in (content, unknown, {"guid": "x"}):
                answer = page(person, one, rest, 404)
                assert "Sales" not in answer.text
    form = form_to(people.admin.browser.get(people.account.url("content/new")), "/content/new")
    for rest in ("/settings", "/delete", "/owner", "/viewers", "/access", "/environment"):
        forged = dataclasses.replace(form, action=people.account.url(f"content/{content['guid']}{rest}"))
        answer = people.admin.browser.submit(forged, follow=False, title="Mine", access_type="all")
        assert answer.status_code == 404, f"{rest}: {answer.status_code}"
    assert read(account.admin, content) == content


def test_a_collaborator_may_what_the_owner_may(people, content):
    path = f"v1/content/{content['guid']}/permissions"
    people.owner.api.ok("POST", path, json={"principal_guid": people.other.guid, "role": "owner"})
    for rest in ["", *PAGES]:
        page(people.other, content, rest)
    send(people.other, page(people.other, content, "/settings"), "/settings", title="By the collaborator")
    assert read(people.owner, content)["title"] == "By the collaborator"


# Settings, another owner, the end.


def test_settings_are_changed_and_what_is_wrong_changes_nothing(people, content):
    answer = page(people.owner, content, "/settings")
    changed = {"title": "New", "description": "Line one\r\nline two", "upstream_url": "http://127.0.0.1:9777"}
    send(people.owner, answer, "/settings", name="renamed-" + content["name"][-6:], **changed)
    after = read(people.owner, content)
    assert after["title"] == "New" and after["upstream_url"] == "http://127.0.0.1:9777"
    assert after["access_type"] == "acl", "who may view is not this form's"
    taken = people.account.add_content(people.owner)["name"]
    for field, value in [("name", taken), ("name", ""), ("upstream_url", "http://localhost"), ("title", "a" * 1025)]:
        answer = page(people.owner, content, "/settings")
        refused = send(people.owner, answer, "/settings", status=400, **{"description": "Typed", field: value})
        assert error_of(refused, field) and form_to(refused, "/settings").fields["description"] == "Typed"
    assert read(people.owner, content) == after
    send(people.owner, page(people.owner, content, "/settings"), "/settings", upstream_url="")
    assert read(people.owner, content)["upstream_url"] is None
    assert "Nobody can open it yet" in page(people.owner, content).text


def test_content_is_given_to_another_publisher(people, content):
    answer = page(people.owner, content, "/owner", q=people.other.email[:12])
    form = form_to(answer, "/owner", q=people.other.email[:12])
    assert people.viewer.email not in answer.text, "viewers own nothing"
    assert people.owner.browser.submit(form, follow=False, owner_guid="").status_code == 400
    for wrong in (people.viewer.guid, people.account.server.create_account().admin.guid, "x"):
        refused = people.owner.browser.submit(form, follow=False, owner_guid=wrong)
        assert refused.status_code == 400 and 'class="error" role="alert"' in refused.text
    assert read(people.owner, content)["owner_guid"] == people.owner.guid
    given = people.owner.browser.submit(form, follow=False, owner_guid=people.other.guid)
    assert given.status_code == 303 and given.headers["Location"].endswith("notice=content-given")
    assert read(people.other, content)["owner_guid"] == people.other.guid
    page(people.owner, content, "/settings", 403)


def test_an_owner_who_has_such_a_name_already_is_told(people, content):
    people.other.api.ok("POST", "v1/content", json={"name": content["name"]})
    answer = page(people.owner, content, "/owner", q=people.other.email)
    refused = send(people.owner, answer, "/owner", {"q": people.other.email}, 400, owner_guid=people.other.guid)
    assert "The owner has content of that name already" in refused.text
    assert read(people.owner, content)["owner_guid"] == people.owner.guid


def test_the_end_says_first_what_goes_with_it(people, content, databricks):
    path = f"v1/content/{content['guid']}"
    api = people.owner.api
    api.ok("PATCH", f"{path}/environment", json=[{"name": "ONE", "value": "1"}, {"name": "TWO", "value": "2"}])
    api.ok("POST", f"{path}/permissions", json={"principal_guid": people.viewer.guid, "role": "viewer"})
    api.ok("POST", f"{path}/bundles", data=bundle(), headers={"Content-Type": "application/gzip"})
    people.account.associate(people.owner, content, people.account.add_integration(databricks))
    answer = page(people.owner, content, "/delete")
    for part in ("1 use of a data source", "1 person or group", "2 environment variables", "1 bundle"):
        assert part in answer.text
    assert read(people.owner, content), "looking ends nothing"
    gone = send(people.owner, answer, "/delete")
    assert gone.headers["Location"].endswith("/content?notice=content-deleted")
    people.owner.api.refused(404, 4, "GET", path)
    page(people.owner, content, "", 404)


# Who may view.


def test_who_may_view_is_chosen(people, content):
    answer = page(people.owner, content, "/viewers")
    assert form_to(answer, "/viewers", access_type="acl")
    send(people.owner, answer, "/viewers", {"access_type": "acl"}, access_type="all")
    assert read(people.owner, content)["access_type"] == "all"
    refused = send(people.owner, answer, "/viewers", {"access_type": "acl"}, 400, access_type="somebody")
    assert error_of(refused, "access_type")
    assert read(people.owner, content)["access_type"] == "all"


def test_people_and_groups_are_found_listed_changed_and_removed(people, content):
    group = people.owner.api.ok("POST", "v1/groups", json={"name": "Gruppe " + seeded.token_hex(3)})
    path = f"v1/content/{content['guid']}/permissions"

    def listed() -> dict[str, str]:
        return {one["principal_guid"]: one["role"] for one in people.owner.api.ok("GET", path)}

    found = page(people.owner, content, "/viewers", q=people.viewer.email[:10].upper())
    send(people.owner, found, "/viewers/add", {"principal": f"user:{people.viewer.guid}"}, role="viewer")
    found = page(people.owner, content, "/viewers", q=group["name"])
    send(people.owner, found, "/viewers/add", {"principal": f"group:{group['guid']}"}, role="viewer")
    assert listed() == {people.viewer.guid: "viewer", group["guid"]: "viewer"}
    answer = page(people.owner, content, "/viewers")
    assert people.viewer.email in answer.text and group["name"] in answer.text
    send(people.owner, answer, "/viewers/add", {"principal": f"group:{group['guid']}", "role": "owner"})
    assert listed()[group["guid"]] == "owner"
    ids = {one["principal_guid"]: one["id"] for one in people.owner.api.ok("GET", path)}
    answer = page(people.owner, content, "/viewers")
    send(people.owner, answer, "/viewers/remove", {"id": ids[people.viewer.guid]})
    assert listed() == {group["guid"]: "owner"}
    answer = page(people.owner, content, "/viewers")
    again = send(people.owner, answer, "/viewers/remove", {"id": ids[group["guid"]]}, 400, id=ids[people.viewer.guid])
    assert "not on the list any more" in again.text


def test_who_cannot_be_listed_is_refused_and_nobody_is(people, content):
    stranger = people.account.server.create_account().add("viewer")
    answer = page(people.owner, content, "/viewers", q=people.viewer.email)
    having = {"principal": f"user:{people.viewer.guid}"}
    for fields in [
        {"role": "owner"}, {"role": "king"}, {"role": ""}, {"principal": "x", "role": "viewer"},
        {"principal": f"user:{stranger.guid}", "role": "viewer"}, {"principal": SCRIPT, "role": "viewer"},
        {"principal": f"group:{people.viewer.guid}", "role": "viewer"}, {"principal": "", "role": "viewer"},
    ]:  # fmt: skip
        refused = send(people.owner, answer, "/viewers/add", having, 400, **fields)
        assert '<p class="error" role="alert">' in refused.text and SCRIPT not in refused.text
    for wrong in ("", "x", "0", "9" * 30, "-1"):
        form = form_to(answer, "/viewers/add", **having)
        forged = dataclasses.replace(form, action=form.action.replace("/add", "/remove"))
        assert people.owner.browser.submit(forged, follow=False, id=wrong).status_code == 400
    assert people.owner.api.ok("GET", f"v1/content/{content['guid']}/permissions") == []


def test_a_collaborator_who_takes_themselves_off_comes_to_the_list(people, content):
    path = f"v1/content/{content['guid']}/permissions"
    made = people.owner.api.ok("POST", path, json={"principal_guid": people.other.guid, "role": "owner"})
    answer = page(people.other, content, "/viewers")
    gone = send(people.other, answer, "/viewers/remove", {"id": made["id"]})
    assert gone.headers["Location"].split("?")[0].endswith("/content")
    page(people.other, content, "/viewers", 403)


def test_a_search_for_nobody_says_so(people, content):
    answer = page(people.owner, content, "/viewers", q=SCRIPT)
    assert "Nobody's name or email begins with" in unescape(answer.text) and SCRIPT not in answer.text
    page(people.owner, content, "/viewers", 400, q="a" * 256)


# Data sources.


@pytest.fixture(scope="module")
def sources(people, databricks) -> dict[str, dict]:
    """One data source of each kind of access."""
    account = people.account
    made = {
        "login": account.add_integration(databricks, "The warehouse"),
        "robot": account.add_service_account(databricks, "The robot"),
        "visitor": account.integrate("connect", "This server", max_role="Viewer"),
        "odd": account.integrate(
            "custom", "Odd one", auth_type="Viewer", auth_mode="Public", client_id="x",
            authorization_uri="https://localhost/a", token_uri="https://localhost/t", scopes="openid <b>odd</b>",
        ),
    }  # fmt: skip
    restricted = account.integrate("connect", "Not for everybody", max_role="Viewer")
    path = f"v1/oauth/integrations/{restricted['guid']}"
    account.admin.api.ok("PATCH", path, json={"permissions": [{"user_guid": people.other.guid}]})
    return made | {"restricted": restricted}


def attached(people, content: dict) -> set[str]:
    path = f"v1/content/{content['guid']}/oauth/integrations/associations"
    return {one["oauth_integration_guid"] for one in people.owner.api.ok("GET", path)}


def tick(person: Person, content: dict, *integrations: dict, status: int = 303):
    answer = page(person, content, "/access")
    form = next(form for form in forms_of(answer) if form.action.endswith("/access") and form.method == "post")
    fields = {f"use-{one['guid']}": "on" for one in integrations}
    sent = person.browser.submit(form, follow=False, **fields)
    assert sent.status_code == status, f"{sent.status_code} {sent.text[:3000]}"
    return sent


def test_data_sources_are_attached_and_say_what_they_ask_of_viewers(people, content, sources):
    offered = page(people.owner, content, "/access")
    assert "Not for everybody" not in offered.text
    tick(people.owner, content, sources["login"], sources["robot"])
    assert attached(people, content) == {sources["login"]["guid"], sources["robot"]["guid"]}
    answer = page(people.owner, content, "/access")
    text = unescape(answer.text)
    assert "Each viewer logs in at Databricks once" in text
    assert "Query the data in Databricks that you may see" in text, "the words that viewers read before they log in"
    assert "Nobody is asked: the content acts as itself at Databricks" in text
    assert "<code>&lt;b&gt;odd&lt;/b&gt;</code>" in answer.text, "a scope without words is shown as it is"
    tick(people.owner, content, sources["visitor"])
    assert len(attached(people, content)) == 3, "what was attached stays"


def test_a_data_source_is_removed_and_the_others_stay(people, content, sources):
    people.account.associate(people.owner, content, sources["login"], sources["robot"])
    answer = page(people.owner, content, "/access")
    send(people.owner, answer, "/access/remove", {"integration": sources["login"]["guid"]})
    assert attached(people, content) == {sources["robot"]["guid"]}
    send(people.owner, answer, "/access/remove", {"integration": sources["login"]["guid"]})
    refused = send(
        people.owner, answer, "/access/remove", {"integration": sources["robot"]["guid"]}, 400, integration=""
    )
    assert "Choose a data source" in refused.text


def test_what_must_not_be_attached_is_refused_and_stays_ticked(people, content, sources, server):
    other = server.create_account().integrate("connect", max_role="Viewer")
    assert "Tick the data sources" in tick(people.owner, content, status=400).text
    refused = tick(people.owner, content, sources["restricted"], sources["robot"], status=403)
    assert "You may not attach Not for everybody" in refused.text
    form = next(form for form in forms_of(refused) if form.action.endswith("/access") and form.method == "post")
    assert form.fields[f"use-{sources['robot']['guid']}"] == "on"
    for wrong in (other["guid"], "x", SCRIPT):
        tick(people.owner, content, {"guid": wrong}, status=400)
    assert attached(people, content) == set()


def test_an_owner_who_lost_the_right_to_attach_is_told_where_they_look(people, content):
    source = people.account.integrate("connect", max_role="Viewer")
    people.account.associate(people.owner, content, source)
    told = "The owner may not attach this data source any more"
    assert all(told not in page(people.owner, content, rest).text for rest in ("", "/access"))
    path = f"v1/oauth/integrations/{source['guid']}"
    people.admin.api.ok("PATCH", path, json={"permissions": [{"user_guid": people.other.guid}]})
    assert all(page(people.owner, content, rest).text.count(told) == 1 for rest in ("", "/access"))
    assert attached(people, content) == {source["guid"]}


def test_content_for_anyone_has_no_viewer_to_act_for(people, content, sources):
    people.owner.api.ok("PATCH", f"v1/content/{content['guid']}", json={"access_type": "all"})
    assert "Anyone may view this content without signing in" in page(people.owner, content, "/access").text
    refused = tick(people.owner, content, sources["login"], status=400)
    assert "needs viewers who sign in" in refused.text
    tick(people.owner, content, sources["robot"])
    people.owner.api.ok("PATCH", f"v1/content/{content['guid']}", json={"access_type": "acl"})
    tick(people.owner, content, sources["login"])
    answer = page(people.owner, content, "/viewers")
    refused = send(people.owner, answer, "/viewers", {"access_type": "acl"}, 400, access_type="all")
    assert "Remove the data sources that act for the viewer first" in error_of(refused, "access_type")


def test_static_content_uses_no_data_source(people, content, sources):
    path = f"v1/content/{content['guid']}"
    packed = bundle("static", {"index.html": b"<p>Hello</p>"})
    made = people.owner.api.ok("POST", f"{path}/bundles", data=packed, headers={"Content-Type": "application/gzip"})
    people.owner.api.ok("POST", f"{path}/deploy", json={"bundle_id": made["id"]})
    assert "shown as it was made" in page(people.owner, content, "/access").text
    assert "Static content has no viewer" in tick(people.owner, content, sources["robot"], status=400).text
    assert "static" in page(people.owner, content).text


def test_data_sources_are_searched(people, content, sources):
    answer = page(people.owner, content, "/access", q="ROBOT")
    assert "The robot" in answer.text and "The warehouse" not in answer.text
    assert "You may attach no other data source" in page(people.owner, content, "/access", q="nothing").text


# How the logins fare.


def test_the_overview_says_who_must_log_in_again_and_why(server, own_stage):
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    scene.publisher.accept_invite()
    assert "0 viewers are logged in." in page(scene.publisher, scene.content).text
    scene.log_in()
    other = scene.account.add("viewer")
    other.accept_invite()
    scene.provider.add_user("oscar")
    other.log_in_at(scene.provider, scene.integration, "oscar")
    overview = page(scene.publisher, scene.content)
    assert "2 viewers are logged in." in overview.text and "must log in again" not in overview.text
    scene.provider.revoke(scene.username)
    answer = scene.publisher.api.exchange(scene.token, headers={"Cache-Control": "no-cache"})
    assert answer.json()["code"] == 220, answer.text
    overview = page(scene.publisher, scene.content)
    assert "1 viewer is logged in, 1 must log in again." in overview.text
    row = re.search(r"<tbody>(.*?)</tbody>", overview.text, re.DOTALL)[1]
    assert scene.viewer.email in row and other.email not in row
    assert "the provider does not accept the refresh token any more" in row and "<time datetime=" in row
    assert "log in again" not in page(scene.viewer, scene.content).text, "viewers do not see each other"
    people_of = scene.publisher.api.ok("PATCH", f"v1/content/{scene.content['guid']}", json={"access_type": "acl"})
    assert people_of["access_type"] == "acl"
    overview = page(scene.publisher, scene.content)
    assert "0 viewers are logged in." in overview.text, "whoever may not view it is not counted"
    assert scene.viewer.email not in overview.text, "nor named"


def test_a_data_source_that_nobody_logs_in_to_says_so(people, content, sources):
    people.account.associate(people.owner, content, sources["robot"], sources["visitor"])
    answer = page(people.owner, content)
    assert answer.text.count("Nobody is asked") == 2 and "logged in" not in answer.text.split("<h2>")[1]


# Variables.


def test_a_variable_is_set_replaced_and_removed_and_its_value_never_shown(people, content):
    value = "planted-variable-" + seeded.token_hex(8)
    answer = page(people.owner, content, "/environment")
    send(people.owner, answer, "/environment", name="TOKEN_OF_MINE", value=value)
    names = f"v1/content/{content['guid']}/environment"
    assert people.owner.api.ok("GET", names) == ["TOKEN_OF_MINE"]

    def stored() -> str:
        sheet = people.owner.api.ok("GET", f"v1/content/{content['guid']}/runtime")
        return {one["name"]: one["value"] for one in sheet["environment"]}.get("TOKEN_OF_MINE")

    assert stored() == value
    answer = page(people.owner, content, "/environment")
    assert "TOKEN_OF_MINE" in answer.text and value not in answer.text
    key = "-----BEGIN KEY-----\r\n" + seeded.token_hex(8) + "\r\n-----END KEY-----\r\n"
    prefilled = page(people.owner, content, "/environment", name="TOKEN_OF_MINE")
    assert form_with(prefilled, "name", "value").fields["name"] == "TOKEN_OF_MINE"
    send(people.owner, prefilled, "/environment", value=key)
    assert stored() == key.replace("\r\n", "\n")
    send(people.owner, answer, "/environment/remove", {"name": "TOKEN_OF_MINE"})
    assert people.owner.api.ok("GET", names) == []


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("name", {"name": "", "value": "x"}), ("name", {"name": "1A", "value": "x"}),
        ("name", {"name": "A" * 256, "value": "x"}), ("name", {"name": SCRIPT, "value": "x"}),
        ("name", {"name": "ÄÖ", "value": "x"}), ("name", {"name": "CONNECT_API_KEY", "value": "x"}),
        ("value", {"name": "GOOD", "value": ""}), ("value", {"name": "GOOD", "value": "x" * (64 * 1024 + 1)}),
        ("value", {"name": "GOOD", "value": "nul\x00"}),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_refused_beside_its_field_and_its_value_is_not_shown(people, content, field, fields):
    secret = "planted-refused-" + seeded.token_hex(6)
    fields = {**fields, "value": fields["value"] and fields["value"].replace("x", secret, 1)}
    refused = send(people.owner, page(people.owner, content, "/environment"), "/environment", status=400, **fields)
    assert error_of(refused, field) and secret not in refused.text and SCRIPT not in refused.text
    form = form_with(refused, "name", "value")
    assert form.fields["name"] == fields["name"] and form.fields["value"] == ""
    assert people.owner.api.ok("GET", f"v1/content/{content['guid']}/environment") == []


def test_a_variable_whose_form_must_be_sent_again_is_not_emptied(people, content):
    path = f"v1/content/{content['guid']}"
    people.owner.api.ok("PATCH", f"{path}/environment", json=[{"name": "KEPT", "value": "as it was"}])
    form = form_with(page(people.owner, content, "/environment"), "name", "value")
    stale = dataclasses.replace(form, fields={**form.fields, "csrf_token": "stale"})
    again = people.owner.browser.submit(stale, follow=False, name="KEPT", value="planted-lost-secret")
    assert again.status_code == 409 and "planted-lost-secret" not in again.text
    refused = people.owner.browser.submit(form_with(again, "name"), follow=False)
    assert refused.status_code == 400 and "it was not kept" in error_of(refused, "value")
    sheet = people.owner.api.ok("GET", f"{path}/runtime")
    assert {"name": "KEPT", "value": "as it was"} in [dict(one) for one in sheet["environment"]]


def test_a_second_data_source_is_warned_of_before_with_the_code_that_works_with_both(people, content, sources):
    warning = "With a second data source the code must say which one it means"
    assert warning not in page(people.owner, content, "/access").text, "the first one breaks nothing"
    people.account.associate(people.owner, content, sources["login"])
    shown = page(people.owner, content, "/access")
    assert warning in shown.text
    [link] = re.findall(r'<a href="([^"]+/code\?audience=1)"', shown.text)
    code = people.owner.browser.get(people.account.server.url(link))
    assert f'audience="{sources["login"]["guid"]}"' in unescape(code.text)
    assert "audience=" not in unescape(page(people.owner, content, "/code").text).replace("audience=1", "")


def test_what_is_set_without_the_publisher_is_named(people, content, sources):
    people.account.associate(people.owner, content, sources["login"])
    text = page(people.owner, content, "/environment").text
    assert "DATABRICKS_HOST" in text and "CONNECT_SERVER" in text


def test_a_variable_that_a_data_source_sets_is_refused_and_a_stored_one_shown_as_overridden(people, content, sources):
    path = f"v1/content/{content['guid']}/environment"
    people.owner.api.ok("PATCH", path, json=[{"name": "DATABRICKS_HOST", "value": "elsewhere"}])
    assert "Overridden" not in page(people.owner, content, "/environment").text
    people.account.associate(people.owner, content, sources["login"])
    shown = page(people.owner, content, "/environment")
    assert "Overridden by the data source" in shown.text and "elsewhere" not in shown.text
    fields = {"name": "DATABRICKS_HOST", "value": "again"}
    refused = send(people.owner, shown, "/environment", status=400, **fields)
    assert "is set by the data source" in error_of(refused, "name")


def test_what_is_changed_is_in_the_audit_with_who_did_it(people, content):
    send(people.owner, page(people.owner, content, "/settings"), "/settings", title="Audited")
    lines = people.admin.api.ok("GET", "v1/audit_logs", params={"limit": 50, "ascOrder": "false"})["results"]
    line = next(line for line in lines if line["action"] == "content.updated")
    assert people.owner.guid in str(line) and content["guid"] in str(line)
