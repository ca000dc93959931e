"""Keys that content holds, in whoever's hands: they reach nothing that the person behind them did not give."""

import pytest

from harness import seeded
from harness.account import API_KEY, CONTENT_SESSION_TOKEN, Api
from harness.bundles import bundle
from harness.scene import play
from harness.visit import Visit


def sheet(person, content: dict) -> dict:
    answer = person.api.ok("GET", f"v1/content/{content['guid']}/runtime")
    return {one["name"]: one["value"] for one in answer["environment"]}


def own_key(person, content: dict) -> Api:
    return Api(person.account.server, sheet(person, content)["CONNECT_API_KEY"])


def associations(content: dict) -> str:
    return f"v1/content/{content['guid']}/oauth/integrations/associations"


@pytest.fixture
def scene(server, own_stage):
    return play(server, own_stage.simulator("databricks"))


def restricted(scene, person) -> dict:
    """A service account that one publisher alone may attach."""
    robot = scene.account.add_service_account(scene.provider)
    path = f"v1/oauth/integrations/{robot['guid']}"
    scene.account.admin.api.ok("PATCH", path, json={"permissions": [{"user_guid": person.guid}]})
    return robot


@pytest.mark.parametrize("way", ["as a gift", "by a co-owner"])
def test_nobody_attaches_by_a_contents_key_what_they_may_not_attach_themselves(scene, way):
    """The key acts as the content's owner; whoever may edit the content can have it."""
    account, trusted, other = scene.account, scene.publisher, scene.account.add("publisher")
    robot = restricted(scene, trusted)
    content = account.add_content(other if way == "as a gift" else trusted)
    body = [{"oauth_integration_guid": robot["guid"]}]
    if way == "as a gift":
        key = own_key(other, content)
        # They stay a co-owner, so that the key stays good.
        permission = {"principal_guid": other.guid, "principal_type": "user", "role": "owner"}
        other.api.ok("POST", f"v1/content/{content['guid']}/permissions", json=permission)
        other.api.ok("PATCH", f"v1/content/{content['guid']}", json={"owner_guid": trusted.guid})
    else:
        permission = {"principal_guid": other.guid, "principal_type": "user", "role": "owner"}
        trusted.api.ok("POST", f"v1/content/{content['guid']}/permissions", json=permission)
        other.api.refused(403, 22, "PUT", associations(content), json=body)
        key = own_key(other, content)
    assert key.ok("GET", "v1/user")["guid"] == trusted.guid
    key.refused(403, 22, "PUT", associations(content), json=body)
    assert trusted.api.ok("GET", associations(content)) == []
    trusted.api.ok("PUT", associations(content), json=body)
    key.refused(403, 22, "PUT", associations(content), json=[])
    assert len(key.ok("GET", associations(content))) == 1


def test_a_contents_key_says_nothing_of_its_owners_other_credentials(scene):
    key = own_key(scene.publisher, scene.content)
    scene.publisher.accept_invite()
    scene.publisher.log_in_at(scene.provider, scene.integration, scene.username)
    session = scene.publisher.api.ok("GET", "v1/oauth/sessions")[0]["guid"]
    key.refused(403, 22, "GET", "v1/oauth/sessions")
    key.refused(403, 22, "GET", f"v1/oauth/sessions/{session}")
    key.refused(403, 22, "DELETE", f"v1/oauth/sessions/{session}")
    key.refused(403, 22, "GET", f"v1/users/{scene.publisher.guid}/keys")
    key.refused(403, 22, "GET", "v1/workbench/sessions")
    assert [one["guid"] for one in scene.publisher.api.ok("GET", "v1/oauth/sessions")] == [session]


def test_a_contents_key_reads_no_variables_and_makes_no_session_tokens(scene):
    """Otherwise somebody who was taken off a content would go on reading what its owner sets later."""
    key = own_key(scene.publisher, scene.content)
    key.refused(403, 22, "GET", f"v1/content/{scene.content['guid']}/runtime")


def test_a_contents_key_changes_nothing(scene):
    """Somebody who could edit a content once may still know its key: it must not be good for getting at its viewers."""
    other = scene.account.add("publisher")
    key = own_key(scene.publisher, scene.content)
    path = f"v1/content/{scene.content['guid']}"
    person = {"principal_guid": other.guid, "principal_type": "user", "role": "viewer"}
    before = scene.publisher.api.ok("GET", path)
    key.refused(403, 22, "PATCH", path, json={"upstream_url": "http://127.0.0.1:9999"})
    key.refused(403, 22, "PATCH", f"{path}/environment", json=[{"name": "MODE", "value": "x"}])
    key.refused(403, 22, "POST", f"{path}/permissions", json=person)
    key.refused(403, 22, "POST", f"{path}/deploy", json={})
    key.refused(403, 22, "DELETE", path)
    assert scene.publisher.api.ok("GET", path) == before == {**key.ok("GET", path), "app_role": "owner"}


def test_a_contents_key_reads_its_content_and_exchanges_and_nothing_else(scene):
    """Whoever could edit a content once may have kept the key: they learn nothing of what comes later."""
    key, path = own_key(scene.publisher, scene.content), f"v1/content/{scene.content['guid']}"
    headers = {"Content-Type": "application/gzip"}
    uploaded = scene.publisher.api.ok("POST", f"{path}/bundles", data=bundle(), headers=headers)
    task = scene.publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": uploaded["id"]})["task_id"]
    for address in (
        "v1/users", f"v1/users/{scene.viewer.guid}", f"v1/users/{scene.publisher.guid}", "v1/groups",
        f"{path}/bundles", f"{path}/bundles/{uploaded['id']}", f"{path}/bundles/{uploaded['id']}/download",
        f"v1/tasks/{task}", f"{path}/permissions", f"{path}/environment", "v1/oauth/templates",
        "v1/oauth/integrations", f"v1/oauth/integrations/{scene.integration['guid']}",
    ):  # fmt: skip
        key.refused(403, 22, "GET", address)
    assert key.ok("GET", path)["guid"] == scene.content["guid"]
    assert [one["guid"] for one in key.ok("GET", "v1/content")] == [scene.content["guid"]]
    assert [one["oauth_integration_guid"] for one in key.ok("GET", associations(scene.content))] == [
        scene.integration["guid"]
    ]
    assert scene.provider.whoami(key.credentials(scene.token)["access_token"]) == scene.username


LOSSES = ["taken off", "made a viewer", "out of the group", "locked", "demoted"]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_key_and_the_token_of_a_leaver_are_dead_at_once(scene, loss):
    """They got the access token of a service account, for as long as the content's owner did not delete the key."""
    account, owner, leaver = scene.account, scene.publisher, scene.account.add("publisher")
    robot = account.add_service_account(scene.provider)
    content = account.add_content(owner, robot)
    path = f"v1/content/{content['guid']}"
    listed = {"principal_guid": leaver.guid, "principal_type": "user", "role": "owner"}
    group = account.admin.api.ok("POST", "v1/groups", json={"name": f"Team {loss}"})["guid"]
    if loss == "out of the group":
        account.admin.api.ok("POST", f"v1/groups/{group}/members", json={"user_guid": leaver.guid})
        listed = {"principal_guid": group, "principal_type": "group", "role": "owner"}
    permission = f"{path}/permissions/{owner.api.ok('POST', f'{path}/permissions', json=listed)['id']}"
    kept = sheet(leaver, content)
    key, token = Api(account.server, kept["CONNECT_API_KEY"]), kept["CONNECT_CONTENT_SESSION_TOKEN"]
    asked = {"subject_token_type": CONTENT_SESSION_TOKEN}
    key.credentials(token, **asked)
    owner.api.credentials(token, **asked)
    admin = account.admin.api
    match loss:
        case "taken off":
            owner.api.ok("DELETE", permission)
        case "made a viewer":
            owner.api.ok("PUT", permission, json={"role": "viewer"})
        case "out of the group":
            admin.ok("DELETE", f"v1/groups/{group}/members/{leaver.guid}")
        case "locked":
            admin.ok("POST", f"v1/users/{leaver.guid}/lock", json={"locked": True})
        case "demoted":
            admin.ok("PUT", f"v1/users/{leaver.guid}", json={"user_role": "viewer"})
    key.refused(401, 24, "GET", path)
    key.exchange_refused(24, token, **asked)
    # Nor is the token good in the hands of somebody who may still edit.
    owner.api.exchange_refused(236, token, **asked)
    fresh = sheet(owner, content)
    assert fresh["CONNECT_API_KEY"] != kept["CONNECT_API_KEY"]
    assert fresh["CONNECT_CONTENT_SESSION_TOKEN"] != token
    new = Api(account.server, fresh["CONNECT_API_KEY"])
    new.exchange_refused(236, token, **asked)
    new.credentials(fresh["CONNECT_CONTENT_SESSION_TOKEN"], **asked)
    [told] = [
        one
        for one in admin.ok("GET", "v1/audit_logs", params={"action": "api_key.deleted"})["results"]
        if one["content_guid"] == content["guid"]
    ]
    assert told["details"]["reason"] == "editor_removed"


def test_visitors_keys_of_a_content_end_when_an_editor_leaves(scene):
    """Whoever may edit the content could read them too, and may have kept one."""
    account, owner = scene.account, scene.publisher
    leaver, visitor = account.add("publisher"), account.add("administrator")
    visitor.accept_invite()
    content = account.add_content(owner, account.integrate("connect", max_role="Admin"))
    path = f"v1/content/{content['guid']}/permissions"
    body = {"principal_guid": leaver.guid, "principal_type": "user", "role": "owner"}
    listed = owner.api.ok("POST", path, json=body)
    token = visitor.session_token(content)
    kept = Api(account.server, leaver.api.credentials(token, requested_token_type=API_KEY)["access_token"])
    kept.ok("GET", "v1/audit_logs")
    owner.api.ok("DELETE", f"{path}/{listed['id']}")
    kept.refused(401, 24, "GET", "v1/audit_logs")
    fresh = owner.api.credentials(token, requested_token_type=API_KEY)["access_token"]
    Api(account.server, fresh).ok("GET", "v1/audit_logs")


def test_the_pages_that_take_somebody_off_say_what_happens_to_running_content(scene):
    account, admin, owner = scene.account, scene.account.admin, scene.publisher
    admin.accept_invite()
    owner.accept_invite()
    other = account.add("publisher")
    path = f"v1/content/{scene.content['guid']}/permissions"
    owner.api.ok("POST", path, json={"principal_guid": other.guid, "principal_type": "user", "role": "owner"})
    group = admin.api.ok("POST", "v1/groups", json={"name": "Team"})["guid"]
    admin.api.ok("POST", f"v1/groups/{group}/members", json={"user_guid": other.guid})
    content = f"content/{scene.content['guid']}"
    for person, address in (
        (owner, f"{content}/viewers"), (owner, f"{content}/owner"), (admin, f"people/{other.guid}"),
        (admin, f"groups/{group}"), (admin, f"groups/{group}/delete"),
    ):  # fmt: skip
        answer = person.browser.get(account.url(address))
        assert answer.status_code == 200 and "gets a new key" in answer.text, address
    lock = admin.browser.get(account.url(f"people/{other.guid}")).text.split("Lock ", 1)[1]
    assert "gets a new key" in lock.split("</form>")[0]
    # A viewer edits nothing, so nothing is said.
    assert "gets a new key" not in admin.browser.get(account.url(f"people/{scene.viewer.guid}")).text


def test_the_key_of_a_visiting_administrator_leaves_no_right_behind(server):
    """It ends after an hour: so must what was done with it."""
    visit = Visit(server, "administrator")
    account, admin, key, publisher = visit.account, visit.visitor, visit.key, visit.publisher
    victim = account.add_content(account.add("publisher"), access_type="acl")
    robot = account.integrate("connect", "Restricted", max_role="Viewer")
    somebody = account.add("viewer")
    group = admin.api.ok("POST", "v1/groups", json={"name": "Trusted"})["guid"]
    path = f"v1/content/{victim['guid']}"
    person = {"principal_guid": publisher.guid, "principal_type": "user", "role": "viewer"}
    webhook = {"url": "https://localhost/hook", "events": ["session.created"], "enabled": True}
    before = admin.api.ok("GET", path)
    for method, address, body in (
        ("POST", "v1/users", {"email": "mallory@example.com", "user_role": "administrator"}),
        ("PUT", f"v1/users/{publisher.guid}", {"user_role": "administrator"}),
        ("PUT", f"v1/users/{admin.guid}", {"first_name": "Mallory"}),
        ("POST", f"v1/users/{somebody.guid}/lock", {"locked": True}),
        ("POST", f"v1/groups/{group}/members", {"user_guid": publisher.guid}),
        ("PUT", f"v1/groups/{group}", {"owner_guid": publisher.guid}),
        ("POST", f"{path}/permissions", person),
        ("PATCH", path, {"upstream_url": "http://127.0.0.1:9999"}),
        ("PATCH", f"{path}/environment", [{"name": "BASH_ENV", "value": "/tmp/mine"}]),
        ("PATCH", f"v1/oauth/integrations/{robot['guid']}", {"permissions": [{"user_guid": publisher.guid}]}),
        ("PATCH", f"v1/oauth/integrations/{visit.integration['guid']}", {"config": {"allow_changes": True}}),
        ("DELETE", f"v1/oauth/integrations/{robot['guid']}", None),
        ("POST", "v1/webhooks", webhook),
        ("PUT", "v1/audit_logs/retention", {"days": 30}),
    ):
        key.refused(403, 22, method, address, json=body)
    assert admin.api.ok("GET", path) == before
    assert admin.api.ok("GET", f"{path}/environment") == []
    assert admin.api.ok("GET", f"{path}/permissions") == []
    assert admin.api.ok("GET", f"v1/groups/{group}/members")["results"] == []
    assert admin.api.ok("GET", f"v1/oauth/integrations/{robot['guid']}")["permissions"] == []
    assert admin.api.ok("GET", "v1/webhooks") == []
    assert not admin.api.ok("GET", f"v1/users/{somebody.guid}")["locked"]
    # It reads what the visitor may read, and no keys, variables or session tokens.
    assert key.ok("GET", path)["guid"] == victim["guid"]
    assert key.ok("GET", "v1/audit_logs")["results"]
    for address in (f"{path}/environment", f"{path}/runtime", f"v1/users/{admin.guid}/keys"):
        key.refused(403, 22, "GET", address)


def test_allow_changes_is_for_what_the_visitor_owns_and_the_audit_names_the_content(server):
    visit = Visit(server, "publisher", allow_changes=True)
    key, visitor = visit.key, visit.visitor
    own = visit.account.add_content(visitor)
    path = f"v1/content/{own['guid']}"
    viewer, other = visit.account.add("viewer"), visit.account.add("publisher")
    listed = {"principal_guid": viewer.guid, "principal_type": "user", "role": "viewer"}
    co_owner = {"principal_guid": other.guid, "principal_type": "user", "role": "owner"}
    theirs = visitor.api.ok("POST", f"{path}/permissions", json=co_owner)
    assert key.ok("PATCH", path, json={"title": "By the app", "access_type": "acl"})["title"] == "By the app"
    added = key.ok("POST", f"{path}/permissions", json=listed)
    headers = {"Content-Type": "application/gzip"}
    uploaded = key.ok("POST", f"{path}/bundles", data=bundle(), headers=headers)
    key.ok("POST", f"{path}/deploy", json={"bundle_id": uploaded["id"]})
    # Not what lasts in another way: another owner, another co-owner, variables, what it uses, its end.
    key.refused(403, 22, "PATCH", path, json={"owner_guid": visit.publisher.guid})
    key.refused(403, 22, "POST", f"{path}/permissions", json={**listed, "role": "owner"})
    key.refused(403, 22, "PUT", f"{path}/permissions/{added['id']}", json={"role": "owner"})
    key.refused(403, 22, "PUT", f"{path}/permissions/{theirs['id']}", json={"role": "viewer"})
    key.refused(403, 22, "POST", f"{path}/permissions", json={**co_owner, "role": "viewer"})
    key.refused(403, 22, "DELETE", f"{path}/permissions/{theirs['id']}")
    key.refused(403, 22, "PATCH", f"{path}/environment", json=[{"name": "BASH_ENV", "value": "x"}])
    key.refused(403, 22, "PUT", associations(own), json=[])
    key.refused(403, 22, "DELETE", path)
    # Nor content of somebody else that the visitor may change as well.
    shared = visit.account.add_content(other)
    other.api.ok("POST", f"v1/content/{shared['guid']}/permissions", json={**co_owner, "principal_guid": visitor.guid})
    visitor.api.ok("PATCH", f"v1/content/{shared['guid']}", json={"title": "Ours"})
    key.refused(403, 22, "PATCH", f"v1/content/{shared['guid']}", json={"title": "Mine"})
    for action in ("content.updated", "content.permission_set", "bundle.uploaded", "content.deployed"):
        line = next(one for one in visit.told(action) if one["content_guid"] == own["guid"] and one["door"] == "api_key"
                    and one["actor_kind"] == "content")  # fmt: skip
        assert line["user_guid"] == visit.content["guid"]
        assert line["user_description"] == visit.content["name"]
        assert line["details"]["user_guid"] == visitor.guid
    # Turned off again, it counts at once.
    address = f"v1/oauth/integrations/{visit.integration['guid']}"
    visit.account.admin.api.ok("PATCH", address, json={"config": {"allow_changes": False}})
    key.refused(401, 24, "PATCH", path, json={"title": "Again"})
    token = visitor.session_token(visit.content)
    given = visit.publisher.api.credentials(token, requested_token_type=API_KEY)
    Api(server, given["access_token"]).refused(403, 22, "PATCH", path, json={"title": "Again"})


def test_a_key_works_again_after_its_integration_was_attached_anew(server):
    account = server.create_account()
    publisher, viewer = account.add("publisher"), account.add("viewer")
    viewer.accept_invite()
    integration = account.integrate("connect", max_role="Viewer")
    content = account.add_content(publisher, integration)
    token = viewer.session_token(content)

    def key() -> Api:
        return Api(server, publisher.api.credentials(token, requested_token_type=API_KEY)["access_token"])

    first = key()
    account.associate(publisher, content)
    first.refused(401, 24, "GET", "v1/user")
    account.associate(publisher, content, integration)
    assert key().ok("GET", "v1/user")["guid"] == viewer.guid


def test_made_up_audiences_do_not_fill_the_audit(scene):
    def refusals() -> int:
        path = "v1/audit_logs?action=credentials.refused&limit=500"
        return len(scene.account.admin.api.ok("GET", path)["results"])

    for _ in range(20):
        audience = scene.integration["guid"][:-12] + seeded.token_hex(6)
        scene.publisher.api.exchange_refused(256, scene.token, audience=audience)
    assert refusals() == 1
