"""What was judged before a slow step is judged again with the write: after a lock, another password, a lost right."""

import secrets
import threading
from collections.abc import Callable

import pytest

from harness.account import CONTENT_SESSION_TOKEN, Account, Api, Person
from harness.browser import Browser, form_with
from harness.bundles import bundle
from harness.company import Company, form_to
from harness.holding import HeldStep, SlowBody, overtaken
from harness.identity_provider import IdentityProvider
from harness.scene import expired, play
from harness.visit import Visit
from harness.waiting import wait_until

COOKIE = "X-RS-Session-Server-RPC-Cookie"


@pytest.fixture(scope="module")
def holds(stage):
    return stage.folder("holds")


@pytest.fixture(scope="module")
def server(stage, holds):
    return stage.gatehouse(hold_in=holds)


@pytest.fixture
def account(server) -> Account:
    return server.create_account()


@pytest.fixture
def hashing(holds):
    """Holds whoever has a password hashed next, after the hash and before its result is used."""

    def hold(slow: Callable, meanwhile: Callable[[], None]):
        step = HeldStep(holds, "password.hashed")
        return overtaken(slow, step.await_held, meanwhile, step.release)

    return hold


@pytest.fixture
def changing(holds):
    """Holds the next change that the audit tells of, after it was judged and before it is written."""

    def hold(slow: Callable, meanwhile: Callable[[], None]):
        step = HeldStep(holds, "change.begins")
        return overtaken(slow, step.await_held, meanwhile, step.release)

    return hold


def lock(person: Person, locked: bool = True) -> None:
    person.account.admin.api.ok("POST", f"v1/users/{person.guid}/lock", json={"locked": locked})


def set_role(person: Person, role: str) -> None:
    person.account.admin.api.ok("PUT", f"v1/users/{person.guid}", json={"user_role": role})


def invite_again(person: Person) -> str:
    command = ("user", "invite", person.account.slug, person.email)
    return person.server.json(*command, "--base-url", person.server.base_url)["invite_url"]


def accept(url: str, password: str):
    browser = Browser()
    return browser.submit(
        form_with(browser.get(url), "password", "password_again"), password=password, password_again=password
    )


def is_signed_in(browser: Browser, account: Account) -> bool:
    return browser.get(account.url(), follow=False).status_code == 200


def own_key(person: Person) -> tuple[Api, int]:
    """A key of the person that was never used, and its id."""
    made = person.api.ok("POST", f"v1/users/{person.guid}/keys", json={"name": "another"})
    return Api(person.server, made["key"]), made["id"]


def delete_key(person: Person, number: int) -> None:
    person.api.ok("DELETE", f"v1/users/{person.guid}/keys/{number}")


# Passwords.


@pytest.mark.parametrize("change", ["reset", "lock"])
def test_a_sign_in_under_way_does_not_outlive_a_reset_or_a_lock(account, hashing, change):
    person = account.add("publisher")
    person.accept_invite()
    url = invite_again(person)
    thief = Browser()

    def meanwhile() -> None:
        if change == "lock":
            lock(person)
        else:
            assert accept(url, "another long password").status_code == 200

    before = len(account.audit(action="user.signed_in"))
    answer = hashing(lambda: person.sign_in(thief), meanwhile)
    # Whoever is locked had the right password until then.
    sentence = "You are locked" if change == "lock" else "Email and password do not match"
    assert answer.status_code == 401 and sentence in answer.text
    assert not is_signed_in(thief, account)
    assert len(account.audit(action="user.signed_in")) == before + (change == "reset"), "only the new password's owner"
    assert account.audit(action="user.sign_in_failed")[-1]["subject_guid"] == person.guid
    if change == "lock":
        lock(person, locked=False)
    assert not is_signed_in(thief, account), "not even after the lock is taken away"


def test_a_sign_in_that_nothing_overtakes_works(account, hashing):
    person = account.add("viewer")
    person.accept_invite()
    browser = Browser()
    answer = hashing(lambda: person.sign_in(browser), lambda: None)
    assert answer.status_code == 200 and is_signed_in(browser, account)


def test_an_invite_that_a_lock_overtakes_sets_no_password_and_stays(account, hashing):
    person = account.add("viewer")
    answer = hashing(lambda: accept(person.invite_url, person.password), lambda: lock(person))
    assert answer.status_code == 401 and "You are locked" in answer.text
    assert account.audit(action="user.password_set") == []
    lock(person, locked=False)
    browser = Browser()
    assert person.sign_in(browser).status_code == 401, "the password was not set"
    assert accept(person.invite_url, person.password).status_code == 200, "the invite is as good as before"


@pytest.mark.parametrize("change", ["lock", "role", "key"])
def test_a_user_is_not_added_by_who_lost_the_right_while_the_password_was_hashed(account, hashing, change):
    other = account.add("administrator")
    key, number = own_key(other)
    body = {"email": f"new@{account.slug}.example", "password": "a long enough password"}
    changes = {
        "lock": lambda: lock(other),
        "role": lambda: set_role(other, "publisher"),
        "key": lambda: delete_key(other, number),
    }
    refused = hashing(lambda: key("POST", "v1/users", json=body), changes[change])
    status, code = {"lock": (401, 50), "role": (403, 22), "key": (401, 24)}[change]
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert account.admin.api.ok("GET", "v1/users", params={"prefix": "new@"})["results"] == []


# Bodies that arrive slowly.


@pytest.mark.parametrize("change", ["lock", "key"])
def test_a_key_that_ended_makes_no_other_while_its_body_arrives(account, change):
    person = account.add("publisher")
    key, number = own_key(person)
    body = SlowBody(b'{"name": "for later"}')
    path = f"v1/users/{person.guid}/keys"

    def is_judged() -> bool:
        keys = person.api.ok("GET", path)
        return next(one for one in keys if one["id"] == number)["active_time"] is not None

    headers = {"Content-Type": "application/json"}
    refused = overtaken(
        lambda: key("POST", path, data=iter(body), headers=headers),
        lambda: wait_until(is_judged, "the key was looked at"),
        (lambda: lock(person)) if change == "lock" else (lambda: delete_key(person, number)),
        body.release,
    )
    assert (refused.status_code, refused.json()["code"]) == (401, 50 if change == "lock" else 24), refused.text
    if change == "lock":
        lock(person, locked=False)
    assert "for later" not in [one["name"] for one in person.api.ok("GET", path)]


UPLOAD_CHANGES = {
    "right": (403, 22),
    "lock": (401, 50),
    "role": (403, 22),
    "key": (401, 24),
    "owner": (403, 22),
    "content": (404, 4),
}


@pytest.mark.parametrize("change", UPLOAD_CHANGES)
def test_a_bundle_is_not_kept_of_who_lost_the_right_while_it_arrived(server, account, change):
    owner, other = account.add("publisher"), account.add("publisher")
    content = account.add_content(owner)
    path = f"v1/content/{content['guid']}"
    uploader = owner if change == "owner" else other
    body = {"principal_guid": other.guid, "principal_type": "user", "role": "owner"}
    permission = owner.api.ok("POST", f"{path}/permissions", json=body)
    key, number = own_key(uploader)
    upload = SlowBody(bundle(files={"noise.bin": secrets.token_bytes(200_000)}))
    folder = server.data / account.slug / "bundles"
    changes = {
        "right": lambda: owner.api.ok("DELETE", f"{path}/permissions/{permission['id']}"),
        "lock": lambda: lock(other),
        "role": lambda: set_role(other, "viewer"),
        "key": lambda: delete_key(other, number),
        "owner": lambda: account.admin.api.ok("PATCH", path, json={"owner_guid": account.admin.guid}),
        "content": lambda: owner.api.ok("DELETE", path),
    }
    if change == "owner":
        owner.api.ok("DELETE", f"{path}/permissions/{permission['id']}")
    refused = overtaken(
        lambda: key("POST", f"{path}/bundles", data=iter(upload)),
        lambda: wait_until(lambda: list(folder.glob(".incoming/*")), "the upload has begun"),
        changes[change],
        upload.release,
    )
    assert (refused.status_code, refused.json()["code"]) == UPLOAD_CHANGES[change], refused.text
    if change != "content":
        assert account.admin.api.ok("GET", f"{path}/bundles") == []
    assert account.audit(action="bundle.uploaded") == []
    wait_until(lambda: not [one for one in folder.rglob("*") if one.is_file()], "nothing is left of it")


# Changes that wait for the writer.


def refused(answer, status: int, code: int) -> dict:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


GROUP_CHANGES = {
    "add a user": ("POST", "members", lambda people: {"user_guid": people["new"].guid}),
    "add a group": ("POST", "members", lambda people: {"group_guid": people["group"]}),
    "remove": ("DELETE", "members/{present}", lambda people: None),
    "rename": ("PUT", "", lambda people: {"name": "Mine"}),
    "give away": ("PUT", "", lambda people: {"owner_guid": people["new"].guid}),
    "delete": ("DELETE", "", lambda people: None),
}


@pytest.mark.parametrize("loss", ["group", "role"])
@pytest.mark.parametrize("change", GROUP_CHANGES)
def test_a_group_is_not_changed_by_who_lost_it_while_the_change_waited(account, changing, change, loss):
    owner, people = account.add("publisher"), {"new": account.add("publisher"), "present": account.add("viewer")}
    admin = account.admin.api
    group = owner.api.ok("POST", "v1/groups", json={"name": "Sales"})["guid"]
    people["group"] = owner.api.ok("POST", "v1/groups", json={"name": "Inner"})["guid"]
    owner.api.ok("POST", f"v1/groups/{group}/members", json={"user_guid": people["present"].guid})

    def lose() -> None:
        if loss == "role":
            set_role(owner, "viewer")
        else:
            admin.ok("PUT", f"v1/groups/{group}", json={"owner_guid": account.admin.guid})

    method, rest, body = GROUP_CHANGES[change]
    path = f"v1/groups/{group}/{rest.format(present=people['present'].guid)}".rstrip("/")
    refused(changing(lambda: owner.api(method, path, json=body(people)), lose), 403, 22)
    there = admin.ok("GET", f"v1/groups/{group}")
    assert (there["name"], there["owner_guid"]) == ("Sales", (owner if loss == "role" else account.admin).guid)
    members = admin.ok("GET", f"v1/groups/{group}/members", params={"include": "groups"})
    assert [one["guid"] for one in members["results"]] == [people["present"].guid] and members["groups"] == []


def test_who_leaves_a_group_needs_no_right_over_it(account, changing):
    owner, member = account.add("publisher"), account.add("viewer")
    group = owner.api.ok("POST", "v1/groups", json={"name": "Sales"})["guid"]
    members = f"v1/groups/{group}/members"
    owner.api.ok("POST", members, json={"user_guid": member.guid})
    give = {"owner_guid": account.admin.guid}
    left = changing(
        lambda: member.api("DELETE", f"{members}/{member.guid}"),
        lambda: account.admin.api.ok("PUT", f"v1/groups/{group}", json=give),
    )
    assert left.status_code == 204, left.text
    assert account.admin.api.ok("GET", members)["results"] == []


@pytest.mark.parametrize("before", ["offered", "attached"])
def test_an_integration_is_not_attached_by_who_may_not_any_more(account, changing, before):
    publisher = account.add("publisher")
    robot = account.integrate("connect", max_role="Viewer")
    content = account.add_content(publisher, *([robot] if before == "attached" else []))
    path = f"v1/content/{content['guid']}/oauth/integrations/associations"
    listed = {"permissions": [{"user_guid": account.admin.guid}]}

    def restrict() -> None:
        account.admin.api.ok("PATCH", f"v1/oauth/integrations/{robot['guid']}", json=listed)
        account.admin.api.ok("PUT", path, json=[])

    body = [{"oauth_integration_guid": robot["guid"]}]
    refused(changing(lambda: publisher.api("PUT", path, json=body), restrict), 403, 22)
    assert account.admin.api.ok("GET", path) == []


@pytest.mark.parametrize("loss", ["lock", "role"])
@pytest.mark.parametrize("what", ["content", "group"])
def test_nothing_is_given_to_who_cannot_own_it_any_more(account, changing, what, loss):
    admin, heir = account.admin.api, account.add("publisher")
    body = {"owner_guid": heir.guid}
    if what == "content":
        method, path = "PATCH", f"v1/content/{account.add_content(account.admin)['guid']}"
    else:
        method, path = "PUT", f"v1/groups/{admin.ok('POST', 'v1/groups', json={'name': 'Sales'})['guid']}"
    lose = {"lock": lambda: lock(heir), "role": lambda: set_role(heir, "viewer")}
    error = refused(changing(lambda: admin(method, path, json=body), lose[loss]), 400, 25)
    assert error["payload"] == {"field": "owner_guid"}
    assert admin.ok("GET", path)["owner_guid"] == account.admin.guid


@pytest.mark.parametrize("change", ["list", "change", "take off"])
def test_a_visitors_key_takes_no_right_from_who_became_a_co_owner(server, changing, change):
    visit = Visit(server, "publisher", allow_changes=True)
    visitor, other = visit.visitor, visit.account.add("publisher")
    path = f"v1/content/{visit.account.add_content(visitor)['guid']}/permissions"
    body = {"principal_guid": other.guid, "principal_type": "user", "role": "viewer"}
    listed = visitor.api.ok("POST", path, json=body)
    asked = {
        "list": lambda: visit.key("POST", path, json=body),
        "change": lambda: visit.key("PUT", f"{path}/{listed['id']}", json={"role": "viewer"}),
        "take off": lambda: visit.key("DELETE", f"{path}/{listed['id']}"),
    }
    promote = {**body, "role": "owner"}
    refused(changing(asked[change], lambda: visitor.api.ok("POST", path, json=promote)), 403, 22)
    assert [one["role"] for one in visitor.api.ok("GET", path)] == ["owner"]


@pytest.mark.parametrize("waiting", ["opening", "attaching", "changing the integration"])
def test_content_does_not_open_to_anybody_while_an_integration_comes_that_acts_for_viewers(
    account, changing, own_stage, waiting
):
    provider = own_stage.simulator("databricks")
    publisher, admin = account.add("publisher"), account.admin.api
    kind = account.add_service_account if waiting == "changing the integration" else account.add_integration
    integration = kind(provider)
    content = account.add_content(publisher, *([integration] if waiting == "changing the integration" else []))
    path = f"v1/content/{content['guid']}"
    associations = f"{path}/oauth/integrations/associations"
    attached = [{"oauth_integration_guid": integration["guid"]}]
    config = {"auth_type": "Viewer", "client_secret": provider.client_secret}

    def open_to_anybody():
        return publisher.api("PATCH", path, json={"access_type": "all"})

    def attach():
        return publisher.api("PUT", associations, json=attached)

    def act_for_viewers():
        return admin("PATCH", f"v1/oauth/integrations/{integration['guid']}", json={"config": config})

    slow, quick, code = {
        "opening": (open_to_anybody, attach, 118),
        "attaching": (attach, open_to_anybody, 209),
        "changing the integration": (act_for_viewers, open_to_anybody, 209),
    }[waiting]
    done = []
    refused(changing(slow, lambda: done.append(quick().status_code)), 400, code)
    assert done in ([200], [204])
    assert publisher.api.ok("GET", path)["access_type"] == ("logged_in" if waiting == "opening" else "all")
    assert len(publisher.api.ok("GET", associations)) == (0 if waiting == "attaching" else 1)
    assert admin.ok("GET", f"v1/oauth/integrations/{integration['guid']}")["auth_type"] == integration["auth_type"]


# Logins at providers.


@pytest.mark.parametrize("change", ["lock", "delete", "edit", "sign-out"])
def test_a_login_that_a_change_overtakes_leaves_no_session(server, own_stage, change):
    provider = own_stage.simulator("generic")
    scene = play(server, provider, log_in=False)
    viewer, path = scene.viewer, f"v1/oauth/integrations/{scene.integration['guid']}"
    admin = scene.account.admin
    start = viewer.start_login(scene.integration)
    callback = provider.authorize_as("vera", start.headers["Location"])
    other_tab = Browser()
    other_tab.session.cookies.update(viewer.browser.session.cookies)
    home = other_tab.get(scene.account.url())
    changes = {
        "lock": lambda: lock(viewer),
        "delete": lambda: admin.api.ok("DELETE", path),
        "edit": lambda: admin.api.ok("PATCH", path, json={"name": "Another"}),
        "sign-out": lambda: other_tab.submit(form_to(home, "/sign-out")),
    }
    provider.fault("token", "hold_after")
    answer = overtaken(
        lambda: viewer.browser.get(callback, follow=False), provider.await_held, changes[change], provider.release
    )
    assert answer.status_code == (401 if change in ("lock", "sign-out") else 400), answer.text[:2000]
    if change == "lock":
        lock(viewer, locked=False)
    assert scene.sessions() == []
    assert provider.refresh_tokens(live=True) == [], "tokens that are kept nowhere are given back"


@pytest.fixture
def provider(own_stage) -> IdentityProvider:
    return own_stage.keep(IdentityProvider())


@pytest.mark.parametrize("change", ["lock", "off", "edit"])
def test_single_sign_on_that_a_change_overtakes_lets_nobody_in(server, provider, own_stage, change):
    provider.person = {"sub": "nina", "email": "nina@corp.example", "email_verified": True}
    company = Company(server, provider).set_up(creates_users="on", domains="corp.example")
    if change == "lock":
        assert company.is_in(company.sign_in())
    provider.hold_token = hold = threading.Event()
    asked = len(provider.asked)
    browser = Browser()

    def meanwhile() -> None:
        if change == "lock":
            guid = company.user("nina@corp.example")["guid"]
            company.admin.api.ok("POST", f"v1/users/{guid}/lock", json={"locked": True})
        elif change == "off":
            assert "Single sign-on is off" in company.press("off").text
        else:
            saved = company.save(label="Sign in elsewhere", domains="elsewhere.example")
            assert saved.status_code == 200
            # Only the sign-in under way is held.
            provider.hold_token = None
            provider.person, somebody = company.admin_there, provider.person
            company.test()
            provider.person = somebody
            assert "in force" in company.press("use").text

    answer = overtaken(
        lambda: company.sign_in(browser=browser),
        lambda: wait_until(lambda: "/token" in provider.asked[asked:], "the code is at the provider"),
        meanwhile,
        hold.set,
    )
    assert answer.status_code == (401 if change == "lock" else 400), answer.text[:2000]
    assert not is_signed_in(browser, company.account)
    if change == "off":
        assert company.user("nina@corp.example") is None, "nobody is added by settings that are not in force"


# Tokens that are answered.


@pytest.mark.parametrize(("change", "code"), [("lock", 217), ("access", 22), ("key", 24), ("detach", 212)])
def test_a_token_is_not_handed_out_to_who_lost_the_right_while_it_was_refreshed(own_stage, change, code):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = expired(server, provider)
    publisher, path = scene.publisher, f"v1/content/{scene.content['guid']}"
    key, number = own_key(publisher)
    changes = {
        "lock": lambda: lock(scene.viewer),
        "access": lambda: publisher.api.ok("PATCH", path, json={"access_type": "acl"}),
        "key": lambda: delete_key(publisher, number),
        "detach": lambda: publisher.api.ok("PUT", f"{path}/oauth/integrations/associations", json=[]),
    }
    provider.fault("token", "hold_before", grant="refresh_token")
    refused = overtaken(lambda: key.exchange(scene.token), provider.await_held, changes[change], provider.release)
    assert refused.json()["code"] == code, refused.text
    assert '"access_token"' not in refused.text
    # All as it was: what the provider gave was kept, and is not asked for again.
    lock(scene.viewer, locked=False)
    publisher.api.ok("PATCH", path, json={"access_type": "logged_in"})
    scene.account.associate(publisher, scene.content, scene.integration)
    assert provider.whoami(scene.credentials()["access_token"]) == "vera"
    assert provider.counters()["refresh_grants"] == 1


def test_a_change_that_takes_nothing_away_refuses_nothing(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = expired(server, provider)
    provider.fault("token", "hold_before", grant="refresh_token")
    answer = overtaken(scene.exchange, provider.await_held, lambda: scene.account.add("viewer"), provider.release)
    assert answer.status_code == 200, answer.text
    assert provider.counters()["refresh_grants"] == 1


@pytest.fixture
def robot(server, own_stage):
    """A content that acts as itself."""
    provider = own_stage.simulator("generic")
    account = server.create_account()
    publisher = account.add("publisher")
    integration = account.add_service_account(provider)
    content = account.add_content(publisher, integration)
    return provider, account, publisher, integration, content


def test_a_service_accounts_token_is_not_handed_out_after_it_was_detached(robot):
    provider, _, publisher, _, content = robot
    token = publisher.content_session_token(content)
    path = f"v1/content/{content['guid']}/oauth/integrations/associations"
    provider.fault("token", "hold_before", grant="client_credentials")
    refused = overtaken(
        lambda: publisher.api.exchange(token, subject_token_type=CONTENT_SESSION_TOKEN),
        provider.await_held,
        lambda: publisher.api.ok("PUT", path, json=[]),
        provider.release,
    )
    assert refused.json()["code"] == 212, refused.text


def test_a_providers_answer_is_not_told_to_who_is_no_administrator_any_more(robot):
    provider, account, _, integration, _ = robot
    other = account.add("administrator")
    provider.fault("token", "hold_before", grant="client_credentials")
    path = f"v1/oauth/integrations/{integration['guid']}/verify"
    refused = overtaken(
        lambda: other.api("POST", path), provider.await_held, lambda: set_role(other, "viewer"), provider.release
    )
    assert (refused.status_code, refused.json()["code"]) == (403, 22), refused.text


def test_a_test_login_is_not_reported_to_who_is_no_administrator_any_more(server, own_stage):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    other = scene.account.add("administrator")
    other.accept_invite()
    address = scene.account.url(f"integrations/{scene.integration['guid']}/test/log-in")
    start = other.browser.get(address, follow=False)
    callback = provider.authorize_as("vera", start.headers["Location"])
    provider.fault("token", "hold_after")
    answer = overtaken(
        lambda: other.browser.get(callback, follow=False),
        provider.await_held,
        lambda: set_role(other, "viewer"),
        provider.release,
    )
    assert answer.status_code == 403, answer.text[:2000]
    assert "vera" not in answer.text


@pytest.mark.parametrize("change", ["session", "lock", "log-out"])
def test_an_ide_gets_no_token_after_its_session_ended_while_it_was_refreshed(own_stage, change):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = expired(server, provider)
    viewer = scene.viewer
    session = viewer.api.ok("POST", "v1/workbench/sessions", json={})
    cookie = {one["name"]: one["value"] for one in session["environment"]}["RS_SESSION_RPC_COOKIE"]
    body = {"method": "/oauth_token", "kwparams": {"uuid": scene.integration["guid"]}}
    changes = {
        "session": lambda: viewer.api.ok("DELETE", f"v1/workbench/sessions/{session['guid']}"),
        "lock": lambda: lock(viewer),
        "log-out": lambda: viewer.api.ok("DELETE", f"v1/oauth/sessions/{scene.sessions()[0]['guid']}"),
    }
    provider.fault("token", "hold_before", grant="refresh_token")
    ide = Api(server, None, prefix="")
    answer = overtaken(
        lambda: ide("POST", "oauth_token", json=body, headers={COOKIE: cookie}),
        provider.await_held,
        changes[change],
        provider.release,
    )
    assert "access_token" not in answer.text
    assert answer.status_code == (200 if change == "log-out" else 401), answer.text
