"""What a launcher is told: the environment of a content, its own key, its session token."""

import datetime

import pytest

from harness.account import Api
from harness.scene import play


@pytest.fixture
def content(server, own_stage):
    """A scene whose content uses a Databricks integration."""
    return play(server, own_stage.simulator("databricks"), log_in=False)


def path(content: dict) -> str:
    return f"v1/content/{content['guid']}/runtime"


def runtime(person, content: dict) -> dict:
    return person.api.ok("GET", path(content))


def environment(sheet: dict) -> dict:
    named = {one["name"]: one["value"] for one in sheet["environment"]}
    assert len(named) == len(sheet["environment"])
    return named


def seconds_left(sheet: dict) -> float:
    end = datetime.datetime.fromisoformat(sheet["expires_at"].replace("Z", "+00:00"))
    return (end - datetime.datetime.now(datetime.UTC)).total_seconds()


def test_the_environment_is_what_content_expects(content):
    answer = content.publisher.api("GET", path(content.content))
    assert answer.headers["Cache-Control"] == "no-store"
    sheet = answer.json()
    assert set(sheet) == {"environment", "content_session_token", "expires_at", "expires_in", "warnings"}
    given = environment(sheet)
    key = given.pop("CONNECT_API_KEY")
    assert given == {
        "CONNECT_SERVER": content.server.base_url,
        "CONNECT_CONTENT_GUID": content.content["guid"],
        "POSIT_PRODUCT": "CONNECT_CLOUD",
        "DATABRICKS_HOST": f"http://{content.provider.host}",
        "CONNECT_CONTENT_SESSION_TOKEN": sheet["content_session_token"],
    }
    assert key.startswith("gh_") and key != content.publisher.key
    assert sheet["warnings"] == []
    assert 23 * 3600 < sheet["expires_in"] <= 24 * 3600
    assert abs(seconds_left(sheet) - sheet["expires_in"]) < 60


def test_the_contents_key_exchanges_for_its_content_and_for_no_other(content):
    content.log_in()
    own = Api(content.server, environment(runtime(content.publisher, content.content))["CONNECT_API_KEY"])
    assert own.ok("GET", "v1/user")["guid"] == content.publisher.guid
    token = own.credentials(content.token)["access_token"]
    assert content.provider.whoami(token) == content.username
    other = content.account.add_content(content.publisher, content.integration)
    own.refused(403, 22, "GET", f"v1/content/{other['guid']}")
    own.refused(403, 22, "GET", path(other))
    own.refused(403, 22, "POST", "v1/content", json={})
    own.refused(403, 22, "POST", f"v1/users/{content.publisher.guid}/keys", json={"name": "more"})
    assert [one["guid"] for one in own.ok("GET", "v1/content")] == [content.content["guid"]]


def test_asking_again_gives_the_same_key_until_it_is_deleted(content):
    publisher = content.publisher
    first = environment(runtime(publisher, content.content))["CONNECT_API_KEY"]
    assert environment(runtime(publisher, content.content))["CONNECT_API_KEY"] == first
    assert environment(runtime(content.account.admin, content.content))["CONNECT_API_KEY"] == first
    keys = f"v1/users/{publisher.guid}/keys"
    listed = [one for one in publisher.api.ok("GET", keys) if one["name"] == f"content {content.content['name']}"]
    assert len(listed) == 1 and first.endswith(listed[0]["key"].removeprefix("…"))
    publisher.api.ok("DELETE", f"{keys}/{listed[0]['id']}")
    Api(content.server, first).refused(401, 24, "GET", "v1/user")
    second = environment(runtime(publisher, content.content))["CONNECT_API_KEY"]
    assert second != first
    assert Api(content.server, second).ok("GET", "v1/user")["guid"] == publisher.guid


def test_the_key_is_the_same_after_a_restart(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    made = account.add_content(account.admin)
    first = environment(runtime(account.admin, made))["CONNECT_API_KEY"]
    server.restart()
    assert environment(runtime(account.admin, made))["CONNECT_API_KEY"] == first


def test_the_key_follows_its_content_and_dies_with_lock_and_deletion(content):
    account, admin = content.account, content.account.admin
    heir = account.add("publisher")
    own = Api(content.server, environment(runtime(admin, content.content))["CONNECT_API_KEY"])
    own.refused(403, 22, "PATCH", f"v1/content/{content.content['guid']}", json={"owner_guid": heir.guid})
    admin.api.ok("PATCH", f"v1/content/{content.content['guid']}", json={"owner_guid": heir.guid})
    # The former owner may have kept it.
    own.refused(401, 24, "GET", "v1/user")
    content.publisher.api.refused(403, 22, "GET", path(content.content))
    own = Api(content.server, environment(runtime(admin, content.content))["CONNECT_API_KEY"])
    assert own.ok("GET", "v1/user")["guid"] == heir.guid
    admin.api.ok("POST", f"v1/users/{heir.guid}/lock", json={"locked": True})
    own.refused(401, 24, "GET", "v1/user")
    sheet = runtime(admin, content.content)
    assert "CONNECT_API_KEY" in sheet["warnings"][0]
    own = Api(content.server, environment(sheet)["CONNECT_API_KEY"])
    own.refused(401, 50, "GET", "v1/user")
    admin.api.ok("POST", f"v1/users/{heir.guid}/lock", json={"locked": False})
    assert own.ok("GET", "v1/user")["guid"] == heir.guid
    admin.api.ok("DELETE", f"v1/content/{content.content['guid']}")
    own.refused(401, 24, "GET", "v1/user")


def test_a_variable_that_the_data_source_sets_is_refused_and_a_stored_one_is_said_to_be_overridden(content):
    publisher, path = content.publisher, f"v1/content/{content.content['guid']}/environment"
    own = [{"name": "MINE", "value": "a b\n'\"ü"}, {"name": "DATABRICKS_HOST", "value": "elsewhere"}]
    for method in ("PATCH", "PUT"):
        error = publisher.api.refused(400, 25, method, path, json=own)
        assert "DATABRICKS_HOST is set by the data source Warehouse" in error["error"]
    assert publisher.api.ok("GET", path) == [], "all of them or none"
    publisher.api.ok("PATCH", path, json=own[:1])
    sheet = runtime(publisher, content.content)
    assert environment(sheet)["MINE"] == own[0]["value"] and sheet["warnings"] == []
    # Without the data source the name is the publisher's; when it comes back, its value counts, and that is said.
    content.account.associate(publisher, content.content)
    publisher.api.ok("PATCH", path, json=own)
    assert environment(runtime(publisher, content.content))["DATABRICKS_HOST"] == "elsewhere"
    content.account.associate(publisher, content.content, content.integration)
    sheet = runtime(publisher, content.content)
    assert environment(sheet)["DATABRICKS_HOST"] == f"http://{content.provider.host}"
    [warning] = sheet["warnings"]
    assert "DATABRICKS_HOST" in warning and "overridden by the data source Warehouse" in warning
    assert "elsewhere" not in warning
    publisher.api.ok("PATCH", path, json=[{"name": "DATABRICKS_HOST", "value": None}])
    assert runtime(publisher, content.content)["warnings"] == []


def test_integrations_that_disagree_set_nothing_and_it_is_said(content, own_stage):
    second = content.account.add_integration(own_stage.simulator("databricks"), name="Second")
    content.account.associate(content.publisher, content.content, content.integration, second)
    sheet = runtime(content.publisher, content.content)
    assert "DATABRICKS_HOST" not in environment(sheet)
    assert len(sheet["warnings"]) == 1
    assert sheet["warnings"][0].startswith("DATABRICKS_HOST is not set by Warehouse, Second")
    # The publisher decides, as the warning says.
    own = [{"name": "DATABRICKS_HOST", "value": "mine"}]
    content.publisher.api.ok("PATCH", f"v1/content/{content.content['guid']}/environment", json=own)
    assert environment(runtime(content.publisher, content.content))["DATABRICKS_HOST"] == "mine"


def test_snowflake_content_is_told_its_account(server, own_stage):
    scene = play(server, own_stage.simulator("snowflake"), log_in=False)
    assert scene.provider.host.startswith(environment(runtime(scene.publisher, scene.content))["SNOWFLAKE_ACCOUNT"])


def test_only_who_may_edit_is_told(content):
    stranger, viewer = content.account.add("publisher"), content.viewer
    stranger.api.refused(403, 22, "GET", path(content.content))
    viewer.api.refused(403, 22, "GET", path(content.content))
    Api(content.server, None).refused(401, 24, "GET", path(content.content))
    elsewhere = content.server.create_account().admin
    elsewhere.api.refused(404, 4, "GET", path(content.content))
    content.publisher.api.refused(404, 4, "GET", "v1/content/nonsense/runtime")


def test_the_audit_tells_of_each_reading_and_of_the_key(content):
    sheet = runtime(content.publisher, content.content)

    def told(action: str) -> list[dict]:
        page = content.account.admin.api.ok("GET", "v1/audit_logs", params={"action": action, "limit": 100})
        return [one for one in page["results"] if one["content_guid"] == content.content["guid"]]

    [read] = told("content.runtime_read")
    assert read["user_guid"] == content.publisher.guid
    assert read["details"]["variables"] == sorted(environment(sheet))
    [made] = told("api_key.created")
    assert made["subject_guid"] == content.publisher.guid
    runtime(content.publisher, content.content)
    assert len(told("content.runtime_read")) == 2 and len(told("api_key.created")) == 1
    assert environment(sheet)["CONNECT_API_KEY"] not in str([read, made])


def test_no_secret_of_it_reaches_the_log(content):
    sheet = runtime(content.publisher, content.content)
    for secret in (environment(sheet)["CONNECT_API_KEY"], sheet["content_session_token"]):
        assert secret not in content.server.logs
        for file in content.server.data.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file
