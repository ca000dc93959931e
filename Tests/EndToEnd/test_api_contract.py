"""The wire contract: shapes, codes, roles, both path prefixes, and bad input that is a 400 and changes nothing."""

import re

import pytest
import requests

from harness.account import Api
from harness.gatehouse import GUID
from harness.waiting import DEADLINE_SECONDS

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

INTEGRATION = {
    "name": "Contract",
    "description": "As in the contract",
    "template": "databricks",
    "config": {
        "auth_type": "Viewer",
        "auth_mode": "Confidential",
        "workspace_host": "dbc-1.cloud.databricks.com",
        "client_id": "client",
        "client_secret": "a secret of the client",
        "scopes": "all-apis offline_access",
    },
}


@pytest.fixture(scope="module")
def admin(account):
    return account.admin


@pytest.fixture(scope="module")
def publisher(account):
    return account.add("publisher")


@pytest.fixture(scope="module")
def viewer(account):
    return account.add("viewer")


@pytest.fixture(scope="module")
def integration(admin):
    return admin.api.ok("POST", "v1/oauth/integrations", json=INTEGRATION)


@pytest.fixture(scope="module")
def content(publisher):
    return publisher.api.ok("POST", "v1/content", json={"title": "Contract"})


def test_ping_and_server_settings(server, admin):
    assert server.get("/__ping__").status_code == 200
    for prefix in ("/__api__", ""):
        assert Api(server, admin.key, prefix).ok("GET", "server_settings")["version"] == "2026.06.0"


def test_both_prefixes_answer_the_same(admin, integration, content):
    paths = ("v1/user", "v1/oauth/integrations", f"v1/content/{content['guid']}", "v1/users", "v1/oauth/templates")
    for path in paths:
        assert admin.api.ok("GET", path) == admin.rest.ok("GET", path)


def test_an_integration_has_the_contracts_keys(admin):
    integration = admin.api.ok("POST", "v1/oauth/integrations", json=INTEGRATION)
    expected = {
        "id", "guid", "created_time", "updated_time", "name", "description", "template", "auth_type", "config",
        "permissions", "environment_variables",
    }  # fmt: skip
    assert set(integration) >= expected | {"content_count", "redirect_uri"}
    assert integration["id"].isdigit() and GUID.match(integration["guid"])
    assert TIME.match(integration["created_time"]) and TIME.match(integration["updated_time"])
    assert integration["auth_type"] == integration["config"]["auth_type"] == "Viewer"
    assert integration["permissions"] == [] and isinstance(integration["environment_variables"], list)
    assert "client_secret" not in integration["config"]
    assert admin.api.ok("GET", f"v1/oauth/integrations/{integration['guid']}") == integration
    assert integration["redirect_uri"] == admin.server.base_url + "/v1/integrations/callback"


def test_auth_type_is_viewer_and_is_repeated_only_where_it_was_given(admin):
    config = {name: value for name, value in INTEGRATION["config"].items() if name != "auth_type"}
    made = admin.api.ok("POST", "v1/oauth/integrations", json={**INTEGRATION, "config": config})
    assert made["auth_type"] == "Viewer" and "auth_type" not in made["config"]


def test_integrations_are_listed_oldest_first(admin):
    names = [f"Order {n}" for n in range(3)]
    for name in names:
        admin.api.ok("POST", "v1/oauth/integrations", json={**INTEGRATION, "name": name})
    listed = [one["name"] for one in admin.api.ok("GET", "v1/oauth/integrations")]
    assert [name for name in listed if name in names] == names


def test_patch_merges_config_and_delete_answers_204(admin):
    made = admin.api.ok("POST", "v1/oauth/integrations", json=INTEGRATION)
    path = f"v1/oauth/integrations/{made['guid']}"
    changed = admin.api.ok("PATCH", path, json={"config": {"scopes": "sql offline_access"}})
    assert changed["config"] == {**made["config"], "scopes": "sql offline_access"}
    assert changed["name"] == made["name"]
    deleted = admin.api("DELETE", path)
    assert deleted.status_code == 204 and deleted.content == b""
    assert admin.api("GET", path).status_code == 404
    assert admin.api("DELETE", path).status_code == 404


def test_templates_describe_their_fields(publisher):
    templates = {one["id"]: one for one in publisher.api.ok("GET", "v1/oauth/templates")}
    assert {"databricks", "snowflake", "custom"} <= set(templates)
    for key, template in templates.items():
        assert set(template) >= {
            "id", "name", "description", "sections", "options", "fields", "environment_variables",
        }  # fmt: skip
        assert publisher.api.ok("GET", f"v1/oauth/templates/{key}") == template
        secret = {field["name"]: field["secret"] for field in template["fields"]}
        if key not in ("aws", "connect"):
            assert secret["client_secret"] is True and secret["client_id"] is False
        for field in template["fields"]:
            assert set(field) >= {"name", "description", "order", "label", "default", "validation", "secret"}
            if field["validation"]:
                re.compile(field["validation"])
    defaults = {field["name"]: field["default"] for field in templates["databricks"]["fields"]}
    assert defaults["scopes"] == "all-apis sql offline_access openid profile email"
    assert publisher.api("GET", "v1/oauth/templates/nothing").status_code == 404


def test_content_has_the_keys_of_the_sdk_and_null_where_there_is_nothing(publisher, content):
    expected = {"guid", "name", "title", "description", "access_type", "owner_guid", "created_time", "content_url"}
    assert set(content) >= expected, expected - set(content)
    got = publisher.api.ok("GET", f"v1/content/{content['guid']}")
    assert got["owner"]["guid"] == publisher.guid == got["owner_guid"]
    assert got["name"], "generated when absent"
    [found] = publisher.api.ok("GET", "v1/content", params={"name": got["name"]})
    assert found["guid"] == content["guid"]


def test_users_are_pages_and_sessions_are_plain_lists(admin, viewer):
    page = admin.api.ok("GET", "v1/users", params={"page_number": 1, "page_size": 2})
    assert set(page) == {"results", "current_page", "total"}
    assert len(page["results"]) == 2 and page["total"] >= 2 and page["current_page"] == 1
    assert set(page["results"][0]) >= {
        "guid", "email", "username", "first_name", "last_name", "user_role", "created_time", "updated_time",
        "active_time", "confirmed", "locked",
    }  # fmt: skip
    assert admin.api("GET", "v1/users", params={"page_size": 501}).status_code == 400
    assert admin.api("GET", "v1/users", params={"page_size": "x"}).status_code == 400
    assert viewer.api.ok("GET", "v1/oauth/sessions") == []


def test_a_correlation_id_is_echoed_or_made(admin):
    sent = "caller-chosen-0123456789"
    assert admin.api("GET", "v1/user", headers={"X-Correlation-ID": sent}).headers["X-Correlation-ID"] == sent
    assert len(admin.api("GET", "v1/user").headers["X-Correlation-ID"]) >= 8
    assert admin.api("GET", "v1/nothing").headers["X-Correlation-ID"]
    hostile = admin.api("GET", "v1/user", headers={"X-Correlation-ID": "x" * 3000})
    assert len(hostile.headers["X-Correlation-ID"]) < 300


# Who may do what.

ROLE_CALLS = [
    ("GET", "v1/oauth/templates", None, "publisher"),
    ("GET", "v1/oauth/integrations", None, "publisher"),
    ("GET", "v1/oauth/integrations/{integration}", None, "publisher"),
    ("POST", "v1/oauth/integrations", INTEGRATION, "admin"),
    ("PATCH", "v1/oauth/integrations/{integration}", {"description": "x"}, "admin"),
    ("GET", "v1/oauth/integrations/{integration}/associations", None, "admin"),
    ("GET", "v1/oauth/sessions?all=true", None, "admin"),
    ("POST", "v1/content", {"title": "x"}, "publisher"),
    ("GET", "v1/users", None, "publisher"),
    ("POST", "v1/users/{viewer}/lock", {"locked": False}, "admin"),
    ("GET", "v1/user", None, "viewer"),
    ("GET", "v1/oauth/sessions", None, "viewer"),
]


@pytest.mark.parametrize(("method", "path", "body", "least"), ROLE_CALLS, ids=lambda value: str(value)[:50])
def test_a_role_that_is_too_small_is_403_and_no_key_is_401(
    server, admin, publisher, viewer, integration, method, path, body, least
):
    path = path.format(integration=integration["guid"], viewer=viewer.guid)
    people = {"viewer": viewer, "publisher": publisher, "admin": admin}
    order = list(people)
    for role, person in people.items():
        answer = person.api(method, path, json=body)
        if order.index(role) < order.index(least):
            assert answer.status_code == 403, f"{role}: {answer.status_code} {answer.text}"
            assert answer.json()["code"] == 22
        else:
            assert answer.status_code == 200, f"{role}: {answer.status_code} {answer.text}"
    for key in (None, "nonsense", "gh_nonsense", publisher.key[:-1], publisher.key + "x"):
        Api(server, key).refused(401, 24, method, path, json=body)
    bearer = requests.request(
        method,
        server.url(f"/v1/{path[3:]}"),
        json=body,
        headers={"Authorization": f"Bearer {admin.key}"},
        timeout=DEADLINE_SECONDS,
    )
    assert bearer.status_code == 401


def test_a_viewer_sees_only_themselves(viewer, publisher):
    assert viewer.api.ok("GET", f"v1/users/{viewer.guid}")["guid"] == viewer.guid
    assert viewer.api("GET", f"v1/users/{publisher.guid}").status_code == 403


def test_a_publisher_sees_only_content_they_may_see(account, publisher):
    content = publisher.api.ok("POST", "v1/content", json={"title": "Own"})
    stranger = account.add("publisher")
    path = f"v1/content/{content['guid']}"
    for method, body in (("PATCH", {"title": "mine"}), ("DELETE", None)):
        assert stranger.api(method, path, json=body).status_code == 403
    assert content["access_type"] == "acl"
    assert content["guid"] not in [one["guid"] for one in stranger.api.ok("GET", "v1/content")]


def test_a_key_is_shown_once_and_belongs_to_its_user(publisher, viewer):
    path = f"v1/users/{publisher.guid}/keys"
    made = publisher.api.ok("POST", path, json={"name": "for a script"})
    assert made["key"].startswith("gh_") and made["name"] == "for a script"
    assert Api(publisher.server, made["key"]).ok("GET", "v1/user")["guid"] == publisher.guid
    listed = publisher.api("GET", path)
    assert made["key"] not in listed.text and made["id"] in [one["id"] for one in listed.json()]
    assert viewer.api("GET", path).status_code == 403
    assert publisher.api("POST", path, json={"name": "x", "user_role": "administrator"}).status_code == 403
    assert publisher.api("DELETE", f"{path}/{made['id']}").status_code == 204
    assert Api(publisher.server, made["key"])("GET", "v1/user").status_code == 401


def test_a_key_of_a_smaller_role_may_do_less(publisher):
    path = f"v1/users/{publisher.guid}/keys"
    made = publisher.api.ok("POST", path, json={"name": "reader", "user_role": "viewer"})
    assert Api(publisher.server, made["key"])("POST", "v1/content", json={"title": "x"}).status_code == 403


def test_verify_is_for_service_accounts(admin, integration):
    admin.api.refused(400, 240, "POST", f"v1/oauth/integrations/{integration['guid']}/verify")


def test_duplicates_and_unknown_integrations_cannot_be_associated(publisher, content, integration):
    path = f"v1/content/{content['guid']}/oauth/integrations/associations"
    one = {"oauth_integration_guid": integration["guid"]}
    twice = publisher.api("PUT", path, json=[one, one])
    assert twice.status_code == 409 and twice.json()["code"] == 258, twice.text
    unknown = publisher.api("PUT", path, json=[{"oauth_integration_guid": content["guid"]}])
    assert unknown.status_code == 400
    for bad in ({}, [{}], [1], "x", [{"oauth_integration_guid": 1}], None):
        assert publisher.api("PUT", path, json=bad).status_code == 400
    assert publisher.api.ok("GET", path) == []


def test_a_viewer_integration_needs_signed_in_viewers(publisher, content, integration):
    path = f"v1/content/{content['guid']}"
    associations = f"{path}/oauth/integrations/associations"
    publisher.api.ok("PUT", associations, json=[{"oauth_integration_guid": integration["guid"]}])
    publisher.api.refused(400, 118, "PATCH", path, json={"access_type": "all"})
    publisher.api.refused(400, 117, "PATCH", path, json={"access_type": "everyone"})
    publisher.api.ok("PUT", associations, json=[])
    publisher.api.ok("PATCH", path, json={"access_type": "all"})
    answer = publisher.api("PUT", associations, json=[{"oauth_integration_guid": integration["guid"]}])
    assert answer.status_code == 400 and answer.json()["code"] == 209, answer.text
    publisher.api.ok("PATCH", path, json={"access_type": "logged_in"})


def test_paths_that_do_not_exist_are_404_and_methods_405(admin, server):
    for path in ("v1/nothing", "v1/oauth/integrations/not-a-guid", "v1/content/..%2f..", "v2/user"):
        answer = admin.api("GET", path)
        assert answer.status_code == 404 and set(answer.json()) == {"code", "error", "payload"}
    assert admin.api("PUT", "v1/user", json={}).status_code == 405
