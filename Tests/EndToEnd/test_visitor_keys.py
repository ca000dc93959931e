"""Visitor API keys: content calls this server as its viewer, for a while, and with no more than it was given."""

import pytest
from posit.connect.errors import ClientError

from harness.account import API_KEY, Api
from harness.scene import Scene, play
from harness.sdk import client_of


class Visit:
    """A content with a `connect` integration, and a viewer of a given role in front of it."""

    def __init__(self, server, max_role: str = "Admin", role: str = "viewer") -> None:
        self.server, self.account = server, server.create_account()
        self.publisher, self.viewer = self.account.add("publisher"), self.account.add(role)
        self.viewer.accept_invite()
        self.integration = self.account.integrate("connect", max_role=max_role)
        self.content = self.account.add_content(self.publisher, self.integration)
        self.token = self.viewer.session_token(self.content)

    def exchange(self, **more):
        return self.publisher.api.exchange(self.token, **{"requested_token_type": API_KEY, **more})

    def key(self) -> str:
        answer = self.exchange()
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def api(self) -> Api:
        return Api(self.server, self.key())


@pytest.fixture
def visit(server):
    return Visit(server)


def test_posit_sdk_acts_for_the_viewer(visit, monkeypatch):
    monkeypatch.setenv("CONNECT_CONTENT_GUID", visit.content["guid"])
    client = client_of(visit.publisher).with_user_session_token(visit.token)
    assert client.me["guid"] == visit.viewer.guid != visit.publisher.guid
    assert client.me["email"] == visit.viewer.email


def test_posit_sdk_finds_the_integration_among_several(server, own_stage, monkeypatch):
    scene: Scene = play(server, own_stage.simulator("databricks"))
    connect = scene.account.integrate("connect", max_role="Viewer")
    scene.account.associate(scene.publisher, scene.content, scene.integration, connect)
    monkeypatch.setenv("CONNECT_CONTENT_GUID", scene.content["guid"])
    client = client_of(scene.publisher).with_user_session_token(scene.token)
    assert client.me["guid"] == scene.viewer.guid


def test_the_answer_is_that_of_a_key(visit):
    answer = visit.exchange()
    assert "no-store" in answer.headers["Cache-Control"]
    body = answer.json()
    assert body["token_type"] == "Key" and body["issued_token_type"] == API_KEY
    assert 0 < body["expires_in"] <= 24 * 3600
    assert body["access_token"] not in visit.server.logs


def test_the_same_key_serves_while_it_is_fresh(visit):
    assert len({visit.key() for _ in range(5)}) == 1


def test_each_viewer_has_a_key_of_their_own(visit):
    other = visit.account.add("viewer")
    other.accept_invite()
    first = visit.api().ok("GET", "v1/user")["guid"]
    visit.token = other.session_token(visit.content)
    assert visit.api().ok("GET", "v1/user")["guid"] == other.guid != first


def test_each_content_has_a_key_of_its_own(visit):
    first = visit.key()
    other = visit.account.add_content(visit.publisher, visit.integration)
    visit.token = visit.viewer.session_token(other)
    assert visit.key() != first


RANK = {"viewer": 0, "publisher": 1, "administrator": 2}


def can(api: Api) -> str:
    """The role that the key has, seen by what it may do."""
    if api("GET", "v1/oauth/sessions", params={"all": "true"}).status_code == 200:
        return "administrator"
    return "publisher" if api("GET", "v1/oauth/integrations").status_code == 200 else "viewer"


@pytest.mark.parametrize("role", RANK)
@pytest.mark.parametrize("max_role", ["Viewer", "Publisher", "Admin"])
def test_the_key_has_the_smaller_of_both_roles(server, max_role, role):
    allowed = {"Viewer": "viewer", "Publisher": "publisher", "Admin": "administrator"}[max_role]
    assert can(Visit(server, max_role, role).api()) == min(allowed, role, key=RANK.__getitem__)


def test_a_key_follows_its_viewers_role_down(server):
    visit = Visit(server, "Admin", "administrator")
    api = visit.api()
    assert can(api) == "administrator"
    path = f"v1/users/{visit.viewer.guid}"
    visit.account.admin.api.ok("PUT", path, json={"user_role": "viewer"})
    assert can(api) == can(visit.api()) == "viewer"


def test_a_lower_max_role_counts_for_the_next_key(server):
    visit = Visit(server, "Admin", "publisher")
    assert can(visit.api()) == "publisher"
    path = f"v1/oauth/integrations/{visit.integration['guid']}"
    visit.account.admin.api.ok("PATCH", path, json={"config": {"max_role": "Viewer"}})
    assert can(visit.api()) == "viewer"


def test_a_wrong_max_role_is_refused_in_connects_words(server):
    account = server.create_account()
    for config in ({"max_role": "Owner"}, {"max_role": "viewer"}, {"max_role": ""}, {}):
        body = {"name": "Key", "description": "", "template": "connect", "config": config}
        error = account.admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=body)
        assert error["error"] == "The config key max_role must be one of (Viewer, Publisher, Admin)"


def test_a_key_ends(own_stage):
    visit = Visit(own_stage.gatehouse())
    answer = visit.exchange().json()
    api = Api(visit.server, answer["access_token"])
    assert api("GET", "v1/user").status_code == 200
    visit.server.restart(clock_offset=answer["expires_in"] + 60)
    assert api("GET", "v1/user").status_code == 401
    fresh = visit.key()
    assert fresh != answer["access_token"]
    assert Api(visit.server, fresh)("GET", "v1/user").status_code == 200


def test_a_key_makes_no_keys(visit):
    path = f"v1/users/{visit.viewer.guid}/keys"
    before = visit.viewer.api.ok("GET", path)
    answer = visit.api()("POST", path, json={"name": "mine for ever"})
    assert answer.status_code == 403 and answer.json()["code"] == 22, answer.text
    names = [one["name"] for one in visit.viewer.api.ok("GET", path)]
    assert "mine for ever" not in names and len(names) <= len(before) + 1


def test_a_key_opens_no_workbench_session_and_starts_no_content(server):
    visit = Visit(server, "Admin", "publisher")
    api = visit.api()
    api.refused(403, 22, "POST", "v1/workbench/sessions", json={})
    own = visit.account.add_content(visit.viewer)
    visit.viewer.api.ok("GET", f"v1/content/{own['guid']}/runtime")
    api.refused(403, 22, "GET", f"v1/content/{own['guid']}/runtime")


def test_a_key_exchanges_nothing_that_its_viewer_may_not(visit):
    """The viewer of a content may not act for it, and neither may the viewer's key."""
    error = visit.api().exchange_refused(22, visit.token, requested_token_type=API_KEY)
    assert "access_token" not in error


def test_a_key_exchanges_nothing_not_even_for_content_that_its_visitor_owns(server):
    """What it got would outlast it: another key, and so on."""
    visit = Visit(server, "Admin", "publisher")
    own = visit.account.add_content(visit.viewer, visit.integration)
    token = visit.viewer.session_token(own)
    visit.viewer.api.credentials(token, requested_token_type=API_KEY)
    visit.api().exchange_refused(22, token, requested_token_type=API_KEY)


def test_a_locked_viewer_has_no_key_and_the_old_one_is_dead(visit):
    api = visit.api()
    path = f"v1/users/{visit.viewer.guid}/lock"
    visit.account.admin.api.ok("POST", path, json={"locked": True})
    visit.publisher.api.exchange_refused(217, visit.token, requested_token_type=API_KEY)
    assert api("GET", "v1/user").status_code == 401
    visit.account.admin.api.ok("POST", path, json={"locked": False})
    assert visit.exchange().status_code == 200


def test_a_viewer_who_lost_the_content_gets_no_key(visit):
    visit.key()
    path = f"v1/content/{visit.content['guid']}"
    visit.publisher.api.ok("PATCH", path, json={"access_type": "acl"})
    answer = visit.exchange()
    assert answer.status_code == 403 and "access_token" not in answer.text


def test_deleting_the_integration_ends_its_keys(visit):
    api = visit.api()
    visit.account.admin.api.ok("DELETE", f"v1/oauth/integrations/{visit.integration['guid']}")
    assert api("GET", "v1/user").status_code == 401


def test_deleting_the_content_ends_its_keys(visit):
    api = visit.api()
    visit.publisher.api.ok("DELETE", f"v1/content/{visit.content['guid']}")
    assert api("GET", "v1/user").status_code == 401


def test_posit_sdk_shows_the_code(visit, monkeypatch):
    monkeypatch.setenv("CONNECT_CONTENT_GUID", visit.content["guid"])
    with pytest.raises(ClientError) as refused:
        client_of(visit.publisher).oauth.get_credentials(visit.token)
    assert refused.value.error_code == 249
