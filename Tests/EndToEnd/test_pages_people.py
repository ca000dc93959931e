"""Pages for people, groups and API keys: what each form does and refuses; nothing is done twice or shown twice."""

import html
import re
import threading

import pytest

from harness import seeded
from harness.account import Api
from harness.browser import Browser, form_with, forms_of
from harness.hunting import spellings
from harness.sdk import client_of

SCRIPT = "<script>alert(1)</script>"
EMOJI = "Zoë 👩‍💻 Ünal"
RIGHT_TO_LEFT = "שלום עולם"
HUGE = "x" * 20_000


@pytest.fixture(scope="module")
def account(server):
    account = server.create_account()
    account.admin.accept_invite()
    return account


@pytest.fixture
def admin(account):
    return account.admin


def page(person, path: str, **query):
    answer = person.browser.get(person.account.url(path), params=query)
    assert answer.status_code == 200, f"{answer.status_code} {answer.url} {answer.text[:1000]}"
    return answer


def users(account) -> list[dict]:
    return client_of(account.admin).users.find()


def a_name(what: str = "group") -> str:
    return f"{what} {seeded.token_hex(4)}"


def an_email() -> str:
    return f"{seeded.token_hex(5)}@people.example"


def form_to(answer, end: str):
    """The one form that is sent to an address that ends so."""
    found = [form for form in forms_of(answer) if form.action.split("?")[0].endswith(end)]
    assert len(found) == 1, f"{len(found)} forms to {end} at {answer.url}\n{answer.text[:3000]}"
    return found[0]


def text_of(answer) -> str:
    """What is to be read."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


# People.


def test_somebody_is_invited_by_a_page_and_comes_in_by_the_link_that_is_shown_once(account, admin):
    email = an_email()
    before = len(admin.server.journal.entries)
    form = form_with(page(admin, "people/invite"), "email", "first_name", "last_name", "role")
    assert form.fields["role"] == "viewer"
    shown = admin.browser.submit(form, email=email, first_name="Zoë", last_name="Ünal", role="publisher")
    assert shown.status_code == 200 and "Zoë Ünal" in text_of(shown)
    [link] = re.findall(r"<code>(http[^<]+/invite\?token=[^<]+)</code>", shown.text)
    link = html.unescape(link)
    token = link.split("token=")[1]
    entries = [entry for entry in admin.server.journal.entries[before:] if token.encode() in entry.answer]
    assert len(entries) == 1, "the link is in one answer alone"
    again = admin.browser.get(shown.url)
    assert again.status_code == 200 and token not in again.text and "shown already" in again.text
    made = next(user for user in users(account) if user["email"] == email)
    assert (made["first_name"], made["last_name"], made["user_role"]) == ("Zoë", "Ünal", "publisher")
    assert client_of(admin).users.get(made["guid"])["confirmed"] is False
    line = account.admin.api.ok("GET", "v1/audit_logs", params={"action": "user.created", "limit": 500})["results"][-1]
    assert line["subject_guid"] == made["guid"] and line["door"] == "browser"
    person = page(admin, f"people/{made['guid']}")
    assert "0 API keys" in text_of(person) and "Invited" in text_of(person)
    browser = Browser()
    form = form_with(browser.get(link), "password", "password_again")
    assert browser.submit(form, password="a few good words", password_again="a few good words").status_code == 200
    assert "Active" in text_of(page(admin, f"people/{made['guid']}"))


def test_the_link_of_an_invite_is_for_the_browser_that_made_it(account, admin):
    other = account.add("administrator")
    other.accept_invite()
    form = form_with(page(admin, "people/invite"), "email")
    answer = admin.browser.submit(form, follow=False, email=an_email())
    assert answer.status_code == 303
    stolen = other.browser.get(account.server.url(answer.headers["Location"]))
    assert "shown already" in stolen.text and "token=" not in stolen.text
    shown = admin.browser.get(account.server.url(answer.headers["Location"]))
    assert "token=" in shown.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""), ("email", "nobody"), ("email", HUGE), ("email", f"{SCRIPT}@x.example"),
        ("email", "👩@x.example"), ("email", "a@x.example\nb"), ("first_name", "x" * 300),
        ("first_name", "a\u202eb"), ("last_name", "a\x00b"),
        ("role", "king"), ("role", ""),
    ],
    ids=lambda value: repr(value)[:24],
)  # fmt: skip
def test_an_invite_that_is_wrong_is_refused_and_loses_nothing(account, admin, field, value):
    before = len(users(account))
    typed = {"email": an_email(), "first_name": EMOJI, "last_name": RIGHT_TO_LEFT, "role": "publisher", field: value}
    answer = admin.browser.submit(form_with(page(admin, "people/invite"), "email"), **typed)
    assert answer.status_code == 400
    assert SCRIPT not in answer.text
    form = form_with(answer, "email", "first_name", "last_name")
    assert f'id="error-{field}"' in answer.text
    for name in {"email", "first_name", "last_name"} - {field}:
        assert form.fields[name] == typed[name]
    assert len(users(account)) == before


def test_an_email_that_is_taken_is_told_beside_its_field(account, admin):
    form = form_with(page(admin, "people/invite"), "email")
    answer = admin.browser.submit(form, email=admin.email.upper())
    assert answer.status_code == 400
    assert 'id="error-email">Somebody with this email is here already.<' in answer.text


def test_a_form_that_is_sent_twice_invites_once(account, admin):
    email = an_email()
    form = form_with(page(admin, "people/invite"), "email")
    answers = []

    def send() -> None:
        answers.append(admin.browser.submit(form, follow=False, email=email))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert [user["email"] for user in users(account)].count(email) == 1


def test_a_form_from_before_the_sign_in_is_asked_for_once_more_and_loses_nothing(account):
    admin = account.add("administrator")
    admin.accept_invite()
    email = an_email()
    stale = form_with(page(admin, "people/invite"), "email")
    out = form_to(page(admin, "people"), "/sign-out")
    admin.browser.submit(out)
    answer = admin.browser.submit(stale, email=email, first_name=EMOJI)
    assert answer.status_code == 401 and EMOJI in html.unescape(answer.text)
    admin.sign_in()
    answer = admin.browser.submit(stale, email=email, first_name=EMOJI)
    assert answer.status_code == 409 and not any(user["email"] == email for user in users(account))
    shown = admin.browser.submit(form_with(answer, "email"))
    assert shown.status_code == 200 and "token=" in shown.text
    assert [user["first_name"] for user in users(account) if user["email"] == email] == [EMOJI]


def test_the_list_is_searched_filtered_and_paged(own_stage):
    account = own_stage.gatehouse().create_account()
    admin = account.admin
    admin.accept_invite()
    for number in range(30):
        fields = {"email": f"p{number:02}@people.example", "first_name": f"Person {number:02}", "last_name": "ÄHRE"}
        role = "publisher" if number % 2 else "viewer"
        admin.api.ok("POST", "v1/users", json={**fields, "user_role": role, "user_must_set_password": True})

    def emails(**query) -> list[str]:
        return re.findall(r'class="note">([^<]+@[^<]+)</span>', page(admin, "people", **query).text)

    first, second = emails(), emails(page=2)
    assert len(first) == 19 and len(second) == 11, "twenty a page; the administrator has no name, so no second line"
    assert first + second == sorted(first + second)
    assert emails(q="PERSON 07") == ["p07@people.example"] == emails(q="ähre p07@")
    assert emails(q="%") == [] == emails(q="person", state="locked")
    assert len(emails(role="publisher")) == 15 == len(emails(role="publisher", state="invited", q="people.example"))
    assert emails(state="active") == []
    some = client_of(admin).users.find(prefix="p11")[0]
    admin.api.ok("POST", f"v1/users/{some['guid']}/lock", json={"locked": True})
    assert emails(state="locked") == ["p11@people.example"]
    paged = page(admin, "people", q="person", role="viewer", page=1)
    assert "15 people" in text_of(paged) and 'rel="next"' not in paged.text
    assert "q=%C3%A4hre" in page(admin, "people", q="ähre").text
    admin.api.ok("PUT", f"v1/users/{some['guid']}", json={"first_name": "Renamed"})
    assert emails(q="renamed") == ["p11@people.example"] and emails(q="person 11") == []


@pytest.mark.parametrize("query", [{"role": "king"}, {"state": "gone"}, {"page": "0"}, {"page": "x"}, {"q": "x" * 300}])
def test_a_list_that_is_asked_for_wrongly_says_so(admin, query):
    for path in ("people", "groups") if set(query) & {"page", "q"} else ("people",):
        answer = admin.browser.get(admin.account.url(path), params=query)
        assert answer.status_code == 400 and "<h1>" in answer.text


def test_a_search_for_a_script_is_a_search(admin):
    # In the audit this must be a person that there is.
    for path, name, status in (("people", "q", 200), ("groups", "q", 200), ("audit", "person", 400)):
        answer = admin.browser.get(admin.account.url(path), params={name: f'"><{SCRIPT}'})
        assert answer.status_code == status and SCRIPT not in answer.text
        assert form_with(answer, name).fields[name] == f'"><{SCRIPT}'


def test_a_person_is_renamed_and_gets_another_role(account, admin):
    person = account.add("viewer")
    form = form_with(page(admin, f"people/{person.guid}"), "first_name", "role")
    assert form.fields["role"] == "viewer" and form.fields["email"] == person.email
    saved = admin.browser.submit(form, first_name=EMOJI, last_name=RIGHT_TO_LEFT, role="publisher")
    assert saved.status_code == 200 and "The changes were saved." in saved.text
    user = client_of(admin).users.get(person.guid)
    assert (user["first_name"], user["last_name"], user["user_role"]) == (EMOJI, RIGHT_TO_LEFT, "publisher")
    for wrong in ({"first_name": "x" * 300}, {"role": "king"}, {"email": "none"}, {"email": admin.email}):
        answer = admin.browser.submit(form, **{"first_name": SCRIPT, **wrong})
        assert answer.status_code == 400 and SCRIPT not in answer.text
        assert f'id="error-{next(iter(wrong))}"' in answer.text
        assert client_of(admin).users.get(person.guid) == user


def test_another_email_for_somebody_who_is_invited_makes_another_link(account, admin):
    person = account.add("viewer")
    form = form_with(page(admin, f"people/{person.guid}"), "email", "role")
    shown = admin.browser.submit(form, email=an_email())
    assert "token=" in shown.text and person.invite_url.split("token=")[1] not in shown.text
    assert Browser().get(person.invite_url).status_code == 400


def test_nobody_demotes_or_locks_themselves_and_the_last_administrator_stays(own_stage):
    account = own_stage.gatehouse().create_account()
    admin = account.admin
    admin.accept_invite()
    mine = page(admin, f"people/{admin.guid}")
    form = form_with(mine, "first_name")
    assert "role" not in form.fields and "locked" not in mine.text.split("<main")[1]
    answer = admin.browser.submit(form, role="viewer")
    assert answer.status_code == 403 and 'role="alert"' in answer.text
    lock = {"csrf_token": form.fields["csrf_token"], "locked": "yes"}
    answer = admin.browser.post(account.url(f"people/{admin.guid}/lock"), lock)
    assert answer.status_code == 403 and "You cannot lock yourself" in answer.text
    assert client_of(admin).me["user_role"] == "administrator" and client_of(admin).me["locked"] is False
    answer = admin.browser.post(account.url(f"people/{admin.guid}/lock"), {**lock, "locked": "maybe"})
    assert answer.status_code == 400


def test_a_lock_says_what_it_ends_and_ends_it_until_it_is_taken_back(account, admin):
    person = account.add("publisher")
    person.accept_invite()
    account.add_content(person, title="Owned by them")
    shown = page(admin, f"people/{person.guid}")
    assert "1 browser" in text_of(shown) and "1 API key" in text_of(shown) and "Owned by them" in text_of(shown)
    locked = admin.browser.submit(form_to(shown, "/lock"))
    assert locked.status_code == 200 and "Locked" in text_of(locked)
    assert person.api("GET", "v1/user").status_code == 401
    assert person.browser.get(account.url(), follow=False).status_code == 303
    assert not [form for form in forms_of(locked) if form.action.endswith("/invite")]
    csrf = form_to(locked, "/lock").fields["csrf_token"]
    answer = admin.browser.post(account.url(f"people/{person.guid}/invite"), {"csrf_token": csrf})
    assert answer.status_code == 400 and "unlock them first" in answer.text
    unlocked = admin.browser.submit(form_to(locked, "/lock"))
    assert "Active" in text_of(unlocked) and person.api("GET", "v1/user").status_code == 200


def test_a_new_link_replaces_the_password_when_it_is_used(account, admin):
    person = account.add("viewer")
    person.accept_invite()
    shown = admin.browser.submit(form_to(page(admin, f"people/{person.guid}"), f"{person.guid}/invite"))
    [link] = re.findall(r"<code>(http[^<]+)</code>", shown.text)
    assert person.browser.get(account.url(), follow=False).status_code == 200, "until it is used"
    browser = Browser()
    form = form_with(browser.get(html.unescape(link)), "password", "password_again")
    browser.submit(form, password="quite another one", password_again="quite another one")
    assert person.browser.get(account.url(), follow=False).status_code == 303
    old = person.sign_in(Browser())
    assert old.status_code == 401
    person.password = "quite another one"
    assert person.sign_in().status_code == 200


def test_a_person_shows_groups_logins_and_content(scene):
    admin = scene.account.admin
    admin.accept_invite()
    api = scene.publisher.api
    inner, outer = (api.ok("POST", "v1/groups", json={"name": a_name(SCRIPT)}) for _ in range(2))
    api.ok("POST", f"v1/groups/{inner['guid']}/members", json={"user_guid": scene.viewer.guid})
    api.ok("POST", f"v1/groups/{outer['guid']}/members", json={"group_guid": inner["guid"]})
    shown = page(admin, f"people/{scene.viewer.guid}")
    words = text_of(shown)
    assert inner["name"] in words and f"{outer['name']} through another group" in words and SCRIPT not in shown.text
    assert re.search(r"Warehouse since .* works", words)
    assert f"/integrations/{scene.integration['guid']}" in shown.text
    assert "Sales" in text_of(page(admin, f"people/{scene.publisher.guid}"))
    listed = text_of(page(admin, "people", q=scene.viewer.email))
    assert inner["name"] in listed and outer["name"] not in listed
    for secret in (scene.viewer.key, scene.token, scene.credentials()["access_token"]):
        assert not [form for form in spellings(secret) if form in shown.content]


def test_people_and_groups_of_another_account_are_nobody(server, admin):
    stranger = server.create_account().admin
    group = stranger.api.ok("POST", "v1/groups", json={"name": "theirs"})["guid"]
    csrf = form_to(page(admin, "people/invite"), "/people/invite").fields["csrf_token"]
    for guid in (stranger.guid, group, "x", admin.guid[:-1] + "z"):
        for path in (f"people/{guid}", f"groups/{guid}", f"groups/{guid}/delete"):
            assert admin.browser.get(admin.account.url(path)).status_code == 404, path
        for path in (
            f"people/{guid}", f"people/{guid}/lock", f"people/{guid}/invite", f"groups/{guid}",
            f"groups/{guid}/members", f"groups/{guid}/members/remove", f"groups/{guid}/delete",
        ):  # fmt: skip
            form = {"csrf_token": csrf, "locked": "yes", "name": "taken", "member": admin.guid, "user_guid": admin.guid}
            assert admin.browser.post(admin.account.url(path), form).status_code == 404, path
    assert stranger.api.ok("GET", f"v1/groups/{group}")["name"] == "theirs"
    assert stranger.api.ok("GET", "v1/user")["locked"] is False


# Groups.


def test_a_group_is_created_filled_by_search_renamed_and_deleted(account, admin):
    name, person = a_name(EMOJI), account.add("viewer", name="filled-" + seeded.token_hex(3))
    inner = admin.api.ok("POST", "v1/groups", json={"name": a_name("inner")})
    made = admin.browser.submit(form_with(page(admin, "groups/new"), "name"), name=name)
    assert made.status_code == 200 and name in text_of(made) and "Nobody is in this group yet" in text_of(made)
    [group] = client_of(admin).groups.find(prefix=name)
    path = f"groups/{group['guid']}"
    for found, field, guid in (
        (page(admin, path, find=person.email[:12].upper()), "user_guid", person.guid),
        (page(admin, path, find=inner["name"][-8:]), "group_guid", inner["guid"]),
    ):
        form = form_to(found, "/members")
        assert (field, guid) in form.buttons
        added = admin.browser.submit(form, button=(field, guid))
        assert "The member was added." in added.text and (field, guid) not in form_to(added, "/members").buttons
    members = admin.api.ok("GET", f"v1/{path}/members", params={"include": "groups"})
    assert [one["guid"] for one in members["results"]] == [person.guid] and members["groups"] == [inner]
    listed = re.search(rf"{re.escape(name)} 1 1 ", text_of(page(admin, "groups", q=name)))
    assert listed, "one of each in the list"
    for guid in (person.guid, inner["guid"]):
        form = form_to(page(admin, path), "/members/remove")
        assert "The member was removed." in admin.browser.submit(form, button=("member", guid)).text
    assert admin.api.ok("GET", f"v1/{path}/members", params={"include": "groups"})["total"] == 0
    renamed = admin.browser.submit(form_with(page(admin, path), "name"), name=RIGHT_TO_LEFT + name)
    assert "The group was renamed." in renamed.text and RIGHT_TO_LEFT + name in text_of(renamed)
    gone = admin.browser.submit(form_to(page(admin, f"{path}/delete"), "/delete"))
    assert "The group was deleted." in gone.text
    assert admin.browser.get(account.url(path)).status_code == 404


@pytest.mark.parametrize(
    "name", ["", "  ", "x" * 300, HUGE, "a\u202eb", "a\x00b", "a\nb"], ids=lambda name: repr(name)[:16]
)
def test_a_groups_name_that_is_none_is_refused_beside_its_field(admin, name):
    before = admin.api.ok("GET", "v1/groups")["total"]
    answer = admin.browser.submit(form_with(page(admin, "groups/new"), "name"), name=name)
    assert answer.status_code == 400 and 'id="error-name"' in answer.text
    assert admin.api.ok("GET", "v1/groups")["total"] == before
    group = admin.api.ok("POST", "v1/groups", json={"name": a_name()})
    answer = admin.browser.submit(form_with(page(admin, f"groups/{group['guid']}"), "name"), name=name)
    assert answer.status_code == 400 and 'id="error-name"' in answer.text
    assert admin.api.ok("GET", f"v1/groups/{group['guid']}") == group


def test_a_groups_name_that_is_taken_is_refused_and_a_script_is_a_name(admin):
    name = a_name(SCRIPT)
    for number, status in enumerate((200, 400)):
        typed = name.upper() if number else name
        answer = admin.browser.submit(form_with(page(admin, "groups/new"), "name"), name=typed)
        assert answer.status_code == status and SCRIPT not in answer.text
    assert 'id="error-name"' in answer.text and form_with(answer, "name").fields["name"] == name.upper()


def test_a_circle_of_groups_is_refused_where_the_member_was_looked_for(admin):
    one, two = (admin.api.ok("POST", "v1/groups", json={"name": a_name()}) for _ in range(2))
    admin.api.ok("POST", f"v1/groups/{one['guid']}/members", json={"group_guid": two["guid"]})
    form = form_to(page(admin, f"groups/{two['guid']}", find=one["name"]), "/members")
    answer = admin.browser.submit(form, button=("group_guid", one["guid"]))
    assert answer.status_code == 400 and 'id="error-find"' in answer.text
    assert form_with(answer, "find").fields["find"] == one["name"]
    for wrong in ({"user_guid": "x"}, {"user_guid": one["guid"]}, {"group_guid": ""}, {}):
        form = form_to(page(admin, f"groups/{two['guid']}", find="nobody at all"), "/members")
        answer = admin.browser.post(form.action, {**form.fields, **wrong})
        assert answer.status_code == 400 and 'id="error-find"' in answer.text, wrong
    path = f"groups/{two['guid']}/members/remove"
    for member, status in (("x", 400), (one["guid"], 404)):
        answer = admin.browser.post(admin.account.url(path), {**form.fields, "member": member})
        assert answer.status_code == status


def test_deleting_a_group_says_what_it_ends(scene):
    admin = scene.account.admin
    admin.accept_invite()
    group = admin.api.ok("POST", "v1/groups", json={"name": a_name()})
    body = {"principal_guid": group["guid"], "principal_type": "group", "role": "viewer"}
    scene.publisher.api.ok("POST", f"v1/content/{scene.content['guid']}/permissions", json=body)
    integration = f"v1/oauth/integrations/{scene.integration['guid']}"
    admin.api.ok("PATCH", integration, json={"permissions": [{"group_guid": group["guid"]}]})
    asked = page(admin, f"groups/{group['guid']}/delete")
    assert "Content: Sales" in text_of(asked) and "Data source: Warehouse" in text_of(asked)
    refused = admin.browser.submit(form_to(asked, "/delete"))
    assert refused.status_code == 400 and "every publisher could attach" in refused.text
    assert admin.api.ok("GET", f"v1/groups/{group['guid']}") == group
    admin.api.ok("PATCH", integration, json={"permissions": []})
    assert "The group was deleted." in admin.browser.submit(form_to(asked, "/delete")).text


def test_many_members_are_paged(account, admin):
    group = admin.api.ok("POST", "v1/groups", json={"name": a_name()})
    for number in range(21):
        user = admin.api.ok("POST", "v1/users", json={"email": an_email(), "first_name": f"Member {number:02}"})
        admin.api.ok("POST", f"v1/groups/{group['guid']}/members", json={"user_guid": user["guid"]})
    first, second = (page(admin, f"groups/{group['guid']}", page=number) for number in (1, 2))
    assert "21 people" in text_of(first) and "Member 19" in first.text and "Member 20" not in first.text
    assert "Member 20" in second.text and "Member 19" not in second.text


# API keys.


@pytest.mark.parametrize("role", ["viewer", "publisher", "administrator"])
def test_a_key_is_made_shown_once_used_and_deleted(server, account, role):
    person = account.add(role)
    person.accept_invite()
    mark, logged = len(server.journal.entries), len(server.logs)
    form = form_with(page(person, "keys/new"), "name", "expires")
    assert form.fields["role"] == role
    shown = person.browser.submit(form, name=EMOJI)
    [key] = re.findall(r"<code>(gh_[0-9a-f]+)</code>", shown.text)
    assert Api(server, key).ok("GET", "v1/user")["guid"] == person.guid
    again = person.browser.get(shown.url)
    assert "shown already" in again.text
    for path in ("keys", "keys/new", "keys/made"):
        page(person, path)
    lines = account.admin.api.ok("GET", "v1/audit_logs", params={"action": "api_key.created", "limit": 500})
    assert lines["results"][-1]["details"]["name"] == EMOJI
    spelled = spellings(key)
    seen = [entry for entry in server.journal.entries[mark:] if any(form in entry.answer for form in spelled)]
    assert [entry.url for entry in seen] == [shown.url], "the key is in one answer alone"
    assert key not in server.logs[logged:]
    for file in (server.data / account.slug).glob("account.sqlite*"):
        assert key.encode() not in file.read_bytes()
    listed = page(person, "keys")
    assert EMOJI in text_of(listed) and "…" + key[-4:] in listed.text
    [made] = [one for one in person.api.ok("GET", f"v1/users/{person.guid}/keys") if one["name"] == EMOJI]
    assert made["expires_at"] and made["user_role"] == role
    gone = person.browser.submit(form_to(listed, f"/keys/{made['id']}/delete"))
    assert "The API key was deleted." in gone.text
    assert Api(server, key)("GET", "v1/user").status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", HUGE), ("name", "a\u202eb"), ("role", "king"), ("role", ""), ("role", "administrator"),
        ("expires", "0"), ("expires", "-7"), ("expires", "8"), ("expires", "tomorrow"), ("expires", "9" * 40),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_a_key_that_is_wrong_is_refused_and_loses_nothing(account, field, value):
    person = account.add("publisher")
    person.accept_invite()
    typed = {"name": SCRIPT, "role": "viewer", "expires": "30", field: value}
    answer = person.browser.submit(form_with(page(person, "keys/new"), "name"), **typed)
    assert answer.status_code == (403 if value == "administrator" else 400)
    assert SCRIPT not in answer.text and 'class="error"' in answer.text
    if field != "name":
        assert form_with(answer, "name").fields["name"] == SCRIPT
    assert len(person.api.ok("GET", f"v1/users/{person.guid}/keys")) == 1


def test_a_key_form_that_is_sent_twice_makes_one_key(account):
    person = account.add("viewer")
    person.accept_invite()
    form = form_with(page(person, "keys/new"), "name")
    places = {person.browser.submit(form, follow=False, name="once").headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert [one["name"] for one in person.api.ok("GET", f"v1/users/{person.guid}/keys")].count("once") == 1


def test_somebody_elses_key_is_not_deleted_and_content_tells_which_is_its_own(account):
    person, other = account.add("publisher"), account.add("publisher")
    for one in (person, other):
        one.accept_invite()
    content = account.add_content(other, title="Holder")
    other.api.ok("GET", f"v1/content/{content['guid']}/runtime")
    keys = other.api.ok("GET", f"v1/users/{other.guid}/keys")
    csrf = form_with(page(person, "keys/new"), "name").fields["csrf_token"]
    for identifier, status in ((keys[0]["id"], 404), ("0", 404), ("x", 404), ("9" * 30, 404)):
        answer = person.browser.post(account.url(f"keys/{identifier}/delete"), {"csrf_token": csrf})
        assert answer.status_code == status
    assert other.api.ok("GET", f"v1/users/{other.guid}/keys") == keys
    assert "held by content" in text_of(page(other, "keys")) and "held by content" not in text_of(page(person, "keys"))


def test_an_api_key_is_for_programs_and_a_viewers_and_a_publishers_pages_do_not_name_the_admins(account):
    for role in ("viewer", "publisher"):
        person = account.add(role)
        person.accept_invite()
        home = page(person, "")
        for section in ("people", "groups", "audit"):
            assert f'href="/accounts/{account.slug}/{section}"' not in home.text
            refused = person.browser.get(account.url(section))
            assert refused.status_code == 403 and f'href="/accounts/{account.slug}/keys"' in refused.text
            assert f'href="/accounts/{account.slug}/">Back to the start<' in refused.text
        assert f'href="/accounts/{account.slug}/keys"' in home.text
        key = {"Authorization": f"Key {person.key}"}
        assert Browser().get(account.url("keys"), follow=False, headers=key).status_code == 303
