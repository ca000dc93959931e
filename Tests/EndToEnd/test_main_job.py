"""The sentence Gatehouse exists for, with unmodified posit-sdk and databricks-sdk as the clients."""

import pytest
from databricks.sdk.core import ApiClient, Config
from databricks.sdk.service.iam import CurrentUserAPI
from databricks.sdk.service.sql import StatementExecutionAPI, StatementState
from posit.connect import Client
from posit.connect.errors import ClientError
from posit.connect.external.databricks import ConnectStrategy

from harness.browser import form_with
from harness.scene import play


@pytest.fixture(scope="module")
def databricks_scene(server, stage):
    return play(server, stage.simulator("databricks"))


@pytest.fixture(scope="module")
def snowflake_scene(server, stage):
    return play(server, stage.simulator("snowflake"))


def client_of(person) -> Client:
    """The SDK's objects refer to their client weakly: the person holds it."""
    if not hasattr(person, "client"):
        person.client = Client(url=person.server.base_url, api_key=person.key)
    return person.client


def test_content_gets_the_viewers_own_databricks_token(databricks_scene):
    scene = databricks_scene
    credentials = client_of(scene.publisher).oauth.get_credentials(scene.token)
    assert credentials["token_type"] == "Bearer"
    assert credentials["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert 0 < credentials["expires_in"] <= 3600
    assert scene.provider.whoami(credentials["access_token"]) == scene.username


def test_content_gets_the_viewers_own_snowflake_token(snowflake_scene):
    scene = snowflake_scene
    credentials = client_of(scene.publisher).oauth.get_credentials(scene.token)
    assert 0 < credentials["expires_in"] <= 600
    assert scene.provider.whoami(credentials["access_token"]) == scene.username


def test_two_viewers_of_one_content_see_their_own_rows(databricks_scene):
    scene = databricks_scene
    other = scene.account.add("viewer")
    other.accept_invite()
    scene.provider.add_user("oscar")
    other.log_in_at(scene.provider, scene.integration, "oscar")
    token = other.session_token(scene.content)
    client = client_of(scene.publisher)
    theirs = client.oauth.get_credentials(token)["access_token"]
    mine = client.oauth.get_credentials(scene.token)["access_token"]
    assert scene.provider.whoami(theirs) == "oscar"
    assert scene.provider.whoami(mine) == scene.username


@pytest.mark.parametrize("product", ["CONNECT", "CONNECT_CLOUD"])
def test_databricks_sdk_knows_the_viewer_through_the_connect_strategy(databricks_scene, monkeypatch, product):
    scene = databricks_scene
    monkeypatch.setenv("POSIT_PRODUCT", product)
    monkeypatch.setenv("CONNECT_SERVER", scene.server.base_url)
    monkeypatch.setenv("CONNECT_API_KEY", scene.publisher.key)
    config = Config(
        host=scene.provider.origin,
        credentials_strategy=ConnectStrategy(user_session_token=scene.token),
    )
    assert CurrentUserAPI(ApiClient(config)).me().user_name.startswith(scene.username)


def test_databricks_sql_answers_the_viewers_rows(databricks_scene, monkeypatch):
    scene = databricks_scene
    monkeypatch.setenv("POSIT_PRODUCT", "CONNECT_CLOUD")
    strategy = ConnectStrategy(client=client_of(scene.publisher), user_session_token=scene.token)
    config = Config(host=scene.provider.origin, credentials_strategy=strategy)
    answer = StatementExecutionAPI(ApiClient(config)).execute_statement("select * from sales", "warehouse-1")
    assert answer.status.state == StatementState.SUCCEEDED
    assert answer.result.data_array == [[f"region of {scene.username}", "1"]]


def test_posit_sdk_creates_finds_updates_and_deletes_an_integration(server, account, databricks):
    integrations = client_of(account.admin).oauth.integrations
    made = integrations.create(
        name="Sales warehouse",
        description="Of the sales team",
        template="databricks",
        config={
            "auth_type": "Viewer",
            "auth_mode": "Confidential",
            "workspace_host": databricks.host,
            "client_id": "client-of-the-sdk",
            "client_secret": "a secret of the client",
            "scopes": "all-apis offline_access",
        },
    )
    assert integrations.get(made["guid"]) == made
    assert made["guid"] in [one["guid"] for one in integrations.find()]
    assert integrations.find_by(integration_type="databricks", auth_type="Viewer", name="^Sales warehouse$") == made
    assert integrations.find_by(config={"client_id": "client-of-the-sdk"}) == made
    made.update(name="Renamed", config={"scopes": "sql offline_access"})
    assert made["name"] == "Renamed"
    fresh = integrations.get(made["guid"])
    assert fresh["name"] == "Renamed" and fresh["description"] == "Of the sales team"
    assert fresh["config"]["scopes"] == "sql offline_access"
    assert fresh["config"]["client_id"] == "client-of-the-sdk"
    assert "client_secret" not in fresh["config"]
    made.delete()
    with pytest.raises(ClientError) as gone:
        integrations.get(made["guid"])
    assert gone.value.http_status == 404 and gone.value.error_code == 4


def test_posit_sdk_associates_content_with_integrations(server, account, databricks):
    publisher = account.add("publisher")
    first = account.add_integration(databricks, name="First")
    second = account.add_integration(databricks, name="Second")
    item = client_of(publisher).content.create(title="Report")
    associations = item.oauth.associations
    assert associations.find() == []
    associations.update(first["guid"])
    [one] = associations.find()
    assert one["oauth_integration_guid"] == first["guid"]
    assert one["content_guid"] == one["app_guid"] == item["guid"]
    assert one["oauth_integration_name"] == "First"
    assert one["oauth_integration_template"] == "databricks"
    assert one["oauth_integration_auth_type"] == "Viewer"
    associations.update([first["guid"], second["guid"]])
    assert {each["oauth_integration_guid"] for each in associations.find()} == {first["guid"], second["guid"]}
    assert associations.find_by(name="^Second$")["oauth_integration_guid"] == second["guid"]
    from_other_side = client_of(account.admin).oauth.integrations.get(second["guid"]).associations.find()
    assert [each["content_guid"] for each in from_other_side] == [item["guid"]]
    associations.delete()
    assert associations.find() == []


def test_posit_sdk_finds_the_viewers_sessions(databricks_scene):
    scene = databricks_scene
    sessions = client_of(scene.viewer).oauth.sessions
    [session] = sessions.find()
    assert session["user_guid"] == scene.viewer.guid
    assert session["oauth_integration_guid"] == scene.integration["guid"]
    assert session["has_refresh_token"] is True
    assert "access_token" not in session and "refresh_token" not in session
    assert sessions.get(session["guid"]) == session
    everyones = client_of(scene.account.admin).oauth.sessions.find(all=True)
    assert session["guid"] in [one["guid"] for one in everyones]


def test_posit_sdk_ends_a_session_and_the_content_is_told_to_log_in(server, own_stage):
    scene = play(server, own_stage.simulator("databricks"))
    client = client_of(scene.publisher)
    client.oauth.get_credentials(scene.token)
    [session] = client_of(scene.viewer).oauth.sessions.find()
    session.delete()
    with pytest.raises(ClientError) as refused:
        client.oauth.get_credentials(scene.token)
    assert refused.value.error_code == 220
    assert refused.value.payload["integration_guid"] == scene.integration["guid"]
    assert f"/__oauth__/integrations/{scene.integration['guid']}/login" in refused.value.payload["login_url"]


def test_the_audience_chooses_between_two_integrations(server, stage, databricks_scene):
    scene = databricks_scene
    snowflake = stage.simulator("snowflake")
    snowflake.add_user("snow")
    second = scene.account.add_integration(snowflake, name="Snow")
    both = scene.account.add_content(scene.publisher)
    token = scene.viewer.session_token(both)
    scene.account.associate(scene.publisher, both, scene.integration, second)
    scene.viewer.log_in_at(snowflake, second, "snow")
    oauth = client_of(scene.publisher).oauth
    snow = oauth.get_credentials(token, audience=second["guid"])["access_token"]
    brick = oauth.get_credentials(token, audience=scene.integration["guid"])["access_token"]
    assert snowflake.whoami(snow) == "snow"
    assert scene.provider.whoami(brick) == scene.username


def test_a_client_learns_the_version_and_who_it_is(server, account):
    client = client_of(account.admin)
    assert client.version == "2026.06.0"
    assert client.me["email"] == account.admin.email
    assert client.me["user_role"] == "administrator"


def test_the_add_data_source_page_makes_the_same_integration(server, account, databricks):
    admin = account.admin
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    page = admin.browser.get(account.url("integrations/new"))
    assert "/v1/integrations/callback" in page.text
    form = form_with(page, "name", "template", "client_id", "client_secret", "host_url", "scopes")
    fields = {
        "name": "From the page",
        "description": "Typed by a person",
        "template": "databricks",
        "client_id": "client",
        "client_secret": "typed secret",
        "host_url": f"http://{databricks.host}/",
        "scopes": "all-apis offline_access",
    }
    done = admin.browser.submit(form, **fields)
    assert done.status_code == 200 and "From the page" in done.text
    assert "typed secret" not in done.text
    found = client_of(admin).oauth.integrations.find_by(name="^From the page$")
    assert found["config"]["workspace_host"].removeprefix("http://") == databricks.host
    assert found["guid"] in done.url
