"""Keys that content holds, in whoever's hands: they reach nothing that the person behind them did not give."""

import uuid

import pytest

from harness.account import API_KEY, Api
from harness.scene import play


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


@pytest.fixture
def visitor(server):
    """What content has in its hands after an administrator has visited it."""
    account = server.create_account()
    publisher, admin = account.add("publisher"), account.add("administrator")
    admin.accept_invite()
    content = account.add_content(publisher, account.integrate("connect", max_role="Admin"))
    token = admin.session_token(content)
    given = publisher.api.credentials(token, requested_token_type=API_KEY)
    return publisher, admin, Api(server, given["access_token"])


def test_a_visitors_key_leaves_no_way_in_behind(visitor):
    """It ends after an hour: so must what was done with it."""
    publisher, admin, key = visitor
    somebody = {"email": "mallory@example.com", "user_role": "administrator", "password": "correct horse battery"}
    key.refused(403, 22, "POST", "v1/users", json=somebody)
    key.refused(403, 22, "PUT", f"v1/users/{publisher.guid}", json={"user_role": "administrator"})
    key.refused(403, 22, "PUT", f"v1/users/{admin.guid}", json={"email": "mallory@example.com"})
    group = admin.api.ok("POST", "v1/groups", json={"name": "Trusted"})
    key.refused(403, 22, "PUT", f"v1/groups/{group['guid']}", json={"owner_guid": publisher.guid})
    assert publisher.api.ok("GET", "v1/user")["user_role"] == "publisher"


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
        audience = scene.integration["guid"][:-12] + uuid.uuid4().hex[:12]
        scene.publisher.api.exchange_refused(256, scene.token, audience=audience)
    assert refusals() == 1
