"""Users with posit-sdk: find, create, change, lock; and that an account always keeps an administrator."""

import pytest
from posit.connect import Client
from posit.connect.errors import ClientError

from harness import seeded
from harness.account import Api, Person
from harness.browser import Browser, form_with


def client_of(person) -> Client:
    """The SDK's objects refer to their client weakly: the person holds it."""
    if not hasattr(person, "client"):
        person.client = Client(url=person.server.base_url, api_key=person.key)
    return person.client


def an_email(name: str = "new") -> str:
    return f"{name}-{seeded.token_hex(4)}@people.example"


def sign_in(account, email: str, password: str) -> int:
    browser = Browser(account.server.journal)
    page = browser.get(account.url("sign-in"))
    return browser.submit(form_with(page, "email"), follow=False, email=email, password=password).status_code


@pytest.fixture(scope="module")
def admin(account):
    return account.admin


# The SDK.


def test_posit_sdk_finds_gets_and_counts_users(own_stage):
    account = own_stage.gatehouse().create_account()
    pat, vic = account.add("publisher", "pat"), account.add("viewer", "vic")
    users = client_of(account.admin).users
    assert [user["guid"] for user in users.find()] == [account.admin.guid, pat.guid, vic.guid]
    assert users.count() == 3
    assert [user["guid"] for user in users.find(prefix="VI")] == [vic.guid]
    assert users.find_one(prefix="pat")["guid"] == pat.guid and users.find_one(prefix="nobody") is None
    assert [user["guid"] for user in users.find(user_role="viewer|publisher")] == [pat.guid, vic.guid]
    assert [user["guid"] for user in users.find(user_role="administrator")] == [account.admin.guid]
    assert users.get(vic.guid) == users.find(user_role="viewer")[0]
    users.get(vic.guid).lock()
    pat.api.ok("GET", "v1/user")
    found = {
        status: [user["guid"] for user in users.find(account_status=status)]
        for status in ("locked", "licensed", "inactive", "locked|licensed")
    }
    assert found["locked"] == [vic.guid] and found["inactive"] == []
    assert found["licensed"] == [account.admin.guid, pat.guid]
    assert found["locked|licensed"] == [account.admin.guid, pat.guid, vic.guid]


def test_who_has_not_come_yet_is_inactive(account, admin):
    made = client_of(admin).users.create(email=an_email(), username=an_email())
    inactive = client_of(admin).users.find(account_status="inactive")
    assert made["guid"] in [user["guid"] for user in inactive]


def test_me_is_the_keys_owner_and_their_content_is_theirs(account):
    publisher = account.add("publisher")
    client = client_of(publisher)
    assert client.me["guid"] == publisher.guid and client.me["user_role"] == "publisher"
    assert client.me == client.users.get(publisher.guid)
    content = account.add_content(publisher)
    assert [one["guid"] for one in client.me.content.find()] == [content["guid"]]


def test_posit_sdk_creates_a_user_who_signs_in_at_once(account, admin):
    email, username, password = an_email(), "u" + seeded.token_hex(4), "correct horse " + seeded.token_hex(8)
    made = client_of(admin).users.create(
        username=username, email=email, password=password, first_name="Ödön", last_name="von H.",
        user_role="publisher",
    )  # fmt: skip
    assert (made["username"], made["email"], made["user_role"]) == (username, email, "publisher")
    assert made["confirmed"] is True and made["locked"] is False and "invite_url" not in made
    assert password not in str(dict(made))
    assert client_of(admin).users.get(made["guid"]) == made
    assert sign_in(account, email, password) == 303
    assert [one["guid"] for one in client_of(admin).users.find(prefix="ÖDÖ")] == [made["guid"]]


def test_posit_sdk_creates_a_user_who_sets_the_password_by_an_invite(account, admin):
    email = an_email()
    made = client_of(admin).users.create(username=email, email=email, user_must_set_password=True)
    assert made["confirmed"] is False and made["user_role"] == "viewer"
    seen = dict(client_of(admin).users.get(made["guid"]))
    assert seen == {name: value for name, value in made.items() if name != "invite_url"}, "the link is shown once"
    person = Person(account, {**made, "role": "viewer", "api_key": None})
    person.accept_invite()
    assert sign_in(account, email, person.password) == 303
    assert client_of(admin).users.get(made["guid"])["confirmed"] is True


def test_whom_the_operator_made_with_a_key_needs_no_invite(server):
    account = server.create_account()
    added = server.json("user", "create", account.slug, "--email", an_email())
    invited = account.admin.api.ok("POST", "v1/users", json={"email": an_email(), "user_must_set_password": True})
    told = {one["guid"]: one["confirmed"] for one in account.admin.api.ok("GET", "v1/users")["results"]}
    assert told == {account.admin.guid: True, added["guid"]: True, invited["guid"]: False}
    listed = {one["guid"]: one["confirmed"] for one in server.json("user", "list", account.slug)}
    assert listed == told
    account.admin.accept_invite()
    page = account.admin.browser.get(account.url("people?state=invited"))
    assert invited["email"] in page.text and added["email"] not in page.text


def test_the_username_is_the_email_where_none_is_given(admin):
    email = an_email()
    made = admin.api.ok("POST", "v1/users", json={"email": email, "unique_id": f"okta-{email}"})
    assert made["username"] == email and "/invite?token=" in made["invite_url"]
    assert [one["guid"] for one in admin.api.ok("GET", f"v1/users?prefix=okta-{email}")["results"]] == [made["guid"]]


def test_posit_sdk_updates_a_user(account, admin):
    viewer = account.add("viewer")
    viewer.accept_invite()
    email = an_email()
    user = client_of(admin).users.get(viewer.guid)
    user.update(email=email, username="x" + seeded.token_hex(4), first_name="Vic", last_name="V", user_role="publisher")
    assert user == client_of(admin).users.get(viewer.guid)
    assert (user["email"], user["first_name"], user["user_role"]) == (email, "Vic", "publisher")
    assert sign_in(account, email, viewer.password) == 303
    key = viewer.api.ok("POST", f"v1/users/{viewer.guid}/keys", json={"name": "as publisher"})["key"]
    assert Api(account.server, key).ok("GET", "v1/user")["user_role"] == "publisher"


def test_posit_sdk_locks_and_unlocks(account, admin):
    viewer = account.add("viewer")
    user = client_of(admin).users.get(viewer.guid)
    user.lock()
    assert user["locked"] is True and viewer.api("GET", "v1/user").status_code == 401
    user.unlock()
    assert user["locked"] is False and viewer.api.ok("GET", "v1/user")["guid"] == viewer.guid


def test_pages_of_users(own_stage):
    account = own_stage.gatehouse().create_account()
    people = [account.admin, *(account.add("viewer") for _ in range(4))]
    page = account.admin.api.ok("GET", "v1/users", params={"page_number": 2, "page_size": 2})
    assert (page["current_page"], page["total"]) == (2, 5)
    assert [user["guid"] for user in page["results"]] == [people[2].guid, people[3].guid]
    last = account.admin.api.ok("GET", "v1/users", params={"page_number": 4, "page_size": 2})
    assert last["results"] == [] and last["total"] == 5


# Who may do what.


def test_a_role_counts_from_the_next_request_on_and_ends_nothing(account, admin):
    person = account.add("publisher")
    person.accept_invite()
    content = account.add_content(person)
    admin.api.ok("PUT", f"v1/users/{person.guid}", json={"user_role": "viewer"})
    path = f"v1/content/{content['guid']}"
    assert person.api("PATCH", path, json={"title": "x"}).status_code == 403
    assert person.browser.get(account.url(), follow=False).status_code == 200, "still signed in"
    admin.api.ok("PUT", f"v1/users/{person.guid}", json={"user_role": "publisher"})
    assert person.api.ok("PATCH", path, json={"title": "y"})["title"] == "y"


def test_people_change_their_own_names_and_nothing_else(account, admin):
    viewer, publisher = account.add("viewer"), account.add("publisher")
    path = f"v1/users/{viewer.guid}"
    changed = viewer.api.ok("PUT", path, json={"first_name": "Vic", "last_name": "Viewer", "email": viewer.email})
    assert (changed["first_name"], changed["last_name"]) == ("Vic", "Viewer")
    before = admin.api.ok("GET", path)
    for body in ({"user_role": "administrator"}, {"email": an_email()}, {"username": "x"}, {"unique_id": "x"}):
        viewer.api.refused(403, 22, "PUT", path, json={"first_name": "Not this", **body})
    for person in (publisher, account.add("viewer")):
        person.api.refused(403, 22, "PUT", path, json={"first_name": "Other"})
    assert admin.api.ok("GET", path) == before


def test_viewers_see_themselves_alone(account):
    viewer, publisher = account.add("viewer"), account.add("publisher")
    viewer.api.refused(403, 22, "GET", "v1/users")
    viewer.api.refused(403, 22, "GET", f"v1/users/{publisher.guid}")
    assert viewer.api.ok("GET", f"v1/users/{viewer.guid}") == viewer.api.ok("GET", "v1/user")
    for person in (viewer, publisher):
        person.api.refused(403, 22, "POST", "v1/users", json={"email": an_email()})
        person.api.refused(403, 22, "POST", f"v1/users/{viewer.guid}/lock", json={"locked": True})


def test_a_key_of_a_smaller_role_does_not_administer(admin):
    made = admin.api.ok("POST", f"v1/users/{admin.guid}/keys", json={"name": "reader", "user_role": "viewer"})
    key = Api(admin.server, made["key"])
    key.refused(403, 22, "POST", "v1/users", json={"email": an_email()})
    key.refused(403, 22, "PUT", f"v1/users/{admin.guid}", json={"email": an_email()})


# The last administrator.


def test_nobody_locks_or_demotes_themselves(own_stage):
    account = own_stage.gatehouse().create_account()
    account.add("administrator")
    client = client_of(account.admin)
    with pytest.raises(ClientError) as refused:
        client.me.lock(force=True)
    assert (refused.value.http_status, refused.value.error_code) == (403, 22)
    account.admin.api.refused(403, 22, "PUT", f"v1/users/{account.admin.guid}", json={"user_role": "publisher"})
    assert client.users.get(account.admin.guid)["user_role"] == "administrator"


def test_the_last_administrator_stays_whoever_asks(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    email = account.admin.email
    (server.data / account.slug / "account.json").write_text(f'{{"users": [{{"email": "{email}", "role": "viewer"}}]}}')
    commands = [
        ("user", "lock", account.slug, email),
        ("user", "role", account.slug, email, "publisher"),
        ("account", "apply", account.slug),
    ]
    for command in commands:
        done = server.run(*command)
        assert done.returncode != 0 and "last administrator" in done.stderr, f"{command}: {done.stderr}"
    other = account.add("administrator")
    account.admin.api.ok("POST", f"v1/users/{other.guid}/lock", json={"locked": True})
    for command in commands:
        assert server.run(*command).returncode != 0, "one who is locked does not count"
    account.admin.api.ok("POST", f"v1/users/{other.guid}/lock", json={"locked": False})
    other.api.ok("PUT", f"v1/users/{account.admin.guid}", json={"user_role": "publisher"})
    error = account.admin.api.refused(403, 22, "POST", f"v1/users/{other.guid}/lock", json={"locked": True})
    assert "administrator" in error["error"]
    assert other.api.ok("GET", "v1/user")["user_role"] == "administrator"


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_the_command_changes_a_role(own_stage, running):
    server = own_stage.gatehouse(start=running)
    account = server.create_account("acme")
    viewer = account.add("viewer")
    made = server.json("user", "role", "acme", viewer.email, "publisher")
    assert (made["email"], made["role"]) == (viewer.email, "publisher")
    assert "publisher" in server.command("user", "role", "acme", viewer.email.upper(), "publisher")
    for wrong in ("emperor", ""):
        assert server.run("user", "role", "acme", viewer.email, wrong).returncode != 0
    assert server.run("user", "role", "acme", "nobody@acme.example", "viewer").returncode != 0
    if running:
        assert viewer.api.ok("GET", "v1/user")["user_role"] == "publisher"


# Bad input.


def test_another_email_of_who_has_not_come_yet_ends_the_link_that_went_astray(account, admin):
    made = admin.api.ok("POST", "v1/users", json={"email": an_email("mistyped")})
    moved = admin.api.ok("PUT", f"v1/users/{made['guid']}", json={"email": an_email("right")})
    assert Browser().get(made["invite_url"]).status_code == 400
    person = Person(account, {**moved, "role": "viewer", "api_key": None})
    assert person.accept_invite().status_code == 200


GOOD = {"email": "good@people.example"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"username": "only"},
        {"email": "no address"},
        {"email": None},
        {**GOOD, "username": "two words"},
        {**GOOD, "username": "<b>"},
        {**GOOD, "user_role": "emperor"},
        {**GOOD, "user_role": 1},
        {**GOOD, "password": "short"},
        {**GOOD, "password": "x" * 2000},
        {**GOOD, "password": "long enough to be good", "user_must_set_password": True},
        {**GOOD, "first_name": "a\nb"},
        {**GOOD, "last_name": "x" * 300},
        {**GOOD, "unique_id": ""},
        {**GOOD, "surprise": True},
        {**GOOD, "user_must_set_password": "yes"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_user_that_has_no_form_is_refused_and_nobody_is_made(admin, body):
    before = admin.api.ok("GET", "v1/users")["total"]
    answer = admin.api("POST", "v1/users", json=body)
    assert answer.status_code == 400, answer.text
    assert admin.api.ok("GET", "v1/users")["total"] == before


def test_emails_usernames_and_unique_ids_are_taken_whatever_their_case(admin):
    mail, name = an_email(), "n" + seeded.token_hex(4)
    admin.api.ok("POST", "v1/users", json={"email": mail, "username": name, "unique_id": mail})
    other = admin.api.ok("POST", "v1/users", json={"email": an_email()})
    for field, value in (("email", mail.upper()), ("username", name.upper()), ("unique_id", mail)):
        error = admin.api.refused(400, 25, "POST", "v1/users", json={"email": an_email(), field: value})
        assert error["payload"]["field"] == field
        admin.api.refused(400, 25, "PUT", f"v1/users/{other['guid']}", json={field: value})


@pytest.mark.parametrize(
    "query",
    [
        "user_role=emperor",
        "user_role=viewer|",
        "user_role=",
        "account_status=asleep",
        "account_status=locked||licensed",
    ],
)
def test_filters_that_do_not_exist_are_refused(admin, query):
    admin.api.refused(400, 25, "GET", f"v1/users?{query}")
