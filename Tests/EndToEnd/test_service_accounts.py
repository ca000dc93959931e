"""Content that acts as itself: client_credentials at Databricks and any OAuth 2 service, by a token of its own."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from databricks.sdk.core import ApiClient, Config
from databricks.sdk.service.iam import CurrentUserAPI
from posit.connect.errors import ClientError
from posit.connect.external.databricks import ConnectStrategy

from harness.account import ACCESS_TOKEN, API_KEY, AWS_CREDENTIALS, CONTENT_SESSION_TOKEN, USER_SESSION_TOKEN
from harness.scene import EXPIRED_SECONDS, play
from harness.sdk import client_of
from harness.waiting import wait_until


class Robot:
    """A content with a service account, and the token by which it acts for itself."""

    def __init__(self, server, provider, account=None, **config) -> None:
        self.server, self.provider = server, provider
        self.account = account or server.create_account()
        self.publisher = self.account.add("publisher")
        self.integration = self.account.add_service_account(provider, **config)
        self.content = self.account.add_content(self.publisher, self.integration)
        self.token = self.publisher.content_session_token(self.content)

    def exchange(self, **more):
        return self.publisher.api.exchange(self.token, **{"subject_token_type": CONTENT_SESSION_TOKEN, **more})

    def credentials(self, **more) -> dict:
        answer = self.exchange(**more)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def refused(self, code: int, **more) -> dict:
        more = {"subject_token_type": CONTENT_SESSION_TOKEN, **more}
        return self.publisher.api.exchange_refused(code, self.token, **more)

    def grants(self) -> int:
        return self.provider.counters()["client_credentials_grants"]


@pytest.fixture(params=["databricks", "generic"])
def robot(request, server, own_stage):
    return Robot(server, own_stage.simulator(request.param))


@pytest.fixture
def own_robot(own_stage):
    """On a server that the test may restart."""
    return Robot(own_stage.gatehouse(), own_stage.simulator("databricks"))


# What content gets, with the real clients.


def test_content_gets_a_token_of_its_own(robot, monkeypatch):
    oauth = client_of(robot.publisher).oauth
    monkeypatch.delenv("CONNECT_CONTENT_SESSION_TOKEN", raising=False)
    assert oauth.get_content_credentials() is None
    monkeypatch.setenv("CONNECT_CONTENT_SESSION_TOKEN", robot.token)
    credentials = oauth.get_content_credentials()
    assert credentials["token_type"] == "Bearer" and credentials["issued_token_type"] == ACCESS_TOKEN
    assert 3000 < credentials["expires_in"] <= 3600
    assert robot.provider.whoami(credentials["access_token"]) == robot.provider.client_id
    assert robot.provider.issued()["refresh_tokens"] == []


def test_the_token_may_come_from_a_file(robot, monkeypatch, tmp_path):
    file = tmp_path / "token"
    file.write_text(robot.token + "\n")
    monkeypatch.setenv("CONNECT_CONTENT_SESSION_TOKEN_FILE", str(file))
    credentials = client_of(robot.publisher).oauth.get_content_credentials(audience=robot.integration["guid"])
    assert robot.provider.whoami(credentials["access_token"]) == robot.provider.client_id


@pytest.mark.parametrize("product", ["CONNECT", "CONNECT_CLOUD"])
def test_databricks_sdk_works_as_the_service_principal(server, own_stage, monkeypatch, product):
    robot = Robot(server, own_stage.simulator("databricks"))
    monkeypatch.setenv("POSIT_PRODUCT", product)
    monkeypatch.setenv("CONNECT_SERVER", server.base_url)
    monkeypatch.setenv("CONNECT_API_KEY", robot.publisher.key)
    monkeypatch.setenv("CONNECT_CONTENT_SESSION_TOKEN", robot.token)
    config = Config(host=robot.provider.origin, credentials_strategy=ConnectStrategy())
    assert CurrentUserAPI(ApiClient(config)).me().user_name == robot.provider.client_id


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_client_with_a_private_key_instead_of_a_secret(server, own_stage, kind):
    provider = own_stage.simulator("generic")
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    robot = Robot(
        server,
        provider,
        token_endpoint_auth_method="private_key_jwt",
        client_secret=None,
        private_key=pem,
        private_key_id="the-key",
    )
    provider.register_key(pem, key_id="the-key")
    assert provider.whoami(robot.credentials()["access_token"]) == provider.client_id
    assert len(provider.issued()["assertions"]) == 1
    shown = robot.account.admin.api.ok("GET", f"v1/oauth/integrations/{robot.integration['guid']}")
    assert "private_key" not in shown["config"]
    middle = pem.splitlines()[1]
    assert middle not in server.logs and middle not in str(shown)


def test_a_content_open_to_anyone_may_act_as_itself(robot):
    path = f"v1/content/{robot.content['guid']}"
    robot.publisher.api.ok("PATCH", path, json={"access_type": "all"})
    assert robot.credentials()["access_token"]
    # But not for a viewer: there is none.
    integration = f"v1/oauth/integrations/{robot.integration['guid']}"
    config = {"auth_type": "Viewer", "client_secret": robot.provider.client_secret}
    if robot.provider.kind == "generic":
        config["authorization_uri"] = robot.provider.issuer + "/authorize"
    admin = robot.account.admin.api
    refused = admin.refused(400, 209, "PATCH", integration, json={"config": config})
    assert refused["payload"] == {"content_guid": robot.content["guid"]} and "access_type" in refused["error"]
    assert admin.ok("GET", integration)["auth_type"] == "Service Account"
    robot.publisher.api.ok("PATCH", path, json={"access_type": "logged_in"})
    assert admin.ok("PATCH", integration, json={"config": config})["auth_type"] == "Viewer"
    robot.publisher.api.refused(400, 118, "PATCH", path, json={"access_type": "all"})


# How often the provider is asked.


def test_50_exchanges_at_once_are_one_call_of_the_provider(robot):
    robot.provider.fault("token", "hold_after", grant="client_credentials")
    with ThreadPoolExecutor(50) as pool:
        waiting = [pool.submit(robot.credentials) for _ in range(50)]
        robot.provider.await_held()
        robot.provider.release()
        tokens = {one.result()["access_token"] for one in waiting}
    assert len(tokens) == 1
    assert robot.provider.counters()["token_requests"] == robot.grants() == 1


def test_two_contents_share_the_service_accounts_token(robot):
    first = robot.credentials()["access_token"]
    other = robot.account.add_content(robot.publisher, robot.integration)
    robot.token = robot.publisher.content_session_token(other)
    assert robot.credentials()["access_token"] == first
    assert robot.grants() == 1


def test_a_token_is_used_again_until_it_nears_its_end(robot):
    tokens = {robot.credentials()["access_token"] for _ in range(10)}
    assert len(tokens) == robot.grants() == 1


def other_than(first: str, token: str) -> str | None:
    return token if token != first else None


def test_a_token_within_its_margin_is_not_used_again(robot):
    # It is replaced after half its life, so that the other half is left to look at it.
    robot.provider.set(access_token_seconds=20)
    first = robot.credentials()["access_token"]
    fresh = wait_until(lambda: other_than(first, robot.credentials()["access_token"]), "a fresh token")
    assert robot.grants() == 2 and robot.provider.token_state(fresh)["live"]
    assert robot.provider.token_state(first)["live"], "it was replaced before its end, not after"


def test_a_token_that_content_found_dead_is_replaced_on_demand(robot):
    dead = robot.credentials()["access_token"]
    robot.provider.revoke(robot.provider.client_id)
    assert robot.provider.whoami(dead) is None
    answer = robot.exchange(headers={"Cache-Control": "no-cache"})
    assert robot.provider.whoami(answer.json()["access_token"]) == robot.provider.client_id


def test_a_change_of_the_client_ends_the_token_in_memory(robot):
    robot.credentials()
    robot.provider.client_secret = "another client secret altogether"
    robot.provider.register()
    path = f"v1/oauth/integrations/{robot.integration['guid']}"
    changed = {"config": {"client_secret": robot.provider.client_secret}}
    robot.account.admin.api.ok("PATCH", path, json=changed)
    assert robot.provider.whoami(robot.credentials()["access_token"]) == robot.provider.client_id
    assert robot.grants() == 2


# Who is refused, and with which code.


@pytest.fixture(scope="module")
def mixed(server, stage):
    """A content with a Viewer integration, a service account, AWS and a visitor's key at once, and a viewer."""
    scene = play(server, stage.simulator("databricks"))
    account = scene.account
    scene.kinds = {
        "viewer": scene.integration,
        "service": account.add_service_account(scene.provider),
        "key": account.integrate("connect", max_role="Viewer"),
    }
    account.associate(scene.publisher, scene.content, *scene.kinds.values())
    scene.provider.register(scene.integration["redirect_uri"])
    scene.content_token = scene.publisher.content_session_token(scene.content)
    return scene


@pytest.mark.parametrize(
    ("code", "kind", "subject", "wanted"),
    [
        (237, "service", USER_SESSION_TOKEN, None),
        (238, "viewer", CONTENT_SESSION_TOKEN, None),
        (252, "key", CONTENT_SESSION_TOKEN, API_KEY),
        (249, "service", CONTENT_SESSION_TOKEN, API_KEY),
        (249, "service", CONTENT_SESSION_TOKEN, AWS_CREDENTIALS),
        (249, "viewer", USER_SESSION_TOKEN, API_KEY),
        (249, "key", USER_SESSION_TOKEN, None),
        (249, "key", USER_SESSION_TOKEN, AWS_CREDENTIALS),
        (242, "service", CONTENT_SESSION_TOKEN, "urn:ietf:params:oauth:token-type:saml2"),
    ],
)
def test_what_does_not_fit_the_integration_has_its_code(mixed, code, kind, subject, wanted):
    token = mixed.token if subject == USER_SESSION_TOKEN else mixed.content_token
    more = {"subject_token_type": subject, "requested_token_type": wanted, "audience": mixed.kinds[kind]["guid"]}
    mixed.publisher.api.exchange_refused(code, token, **more)


def test_both_kinds_of_token_work_beside_each_other(mixed):
    api, kinds = mixed.publisher.api, mixed.kinds
    viewers = api.credentials(mixed.token, audience=kinds["viewer"]["guid"])
    own = api.credentials(
        mixed.content_token, subject_token_type=CONTENT_SESSION_TOKEN, audience=kinds["service"]["guid"]
    )
    assert mixed.provider.whoami(viewers["access_token"]) == mixed.username
    assert mixed.provider.whoami(own["access_token"]) == mixed.provider.client_id


def test_a_token_of_one_kind_does_not_pass_as_the_other(mixed):
    content_first = {"subject_token_type": CONTENT_SESSION_TOKEN}
    mixed.publisher.api.exchange_refused(236, mixed.token, **content_first)
    mixed.publisher.api.exchange_refused(215, mixed.content_token)
    for nonsense in ("x", mixed.content_token[:-1], mixed.content_token + "A"):
        mixed.publisher.api.exchange_refused(236, nonsense, **content_first)


def test_a_content_token_is_of_its_content_and_account_only(robot, server, own_stage):
    stranger = robot.account.add("publisher")
    elsewhere = server.create_account()
    for person, status in ((stranger, 403), (elsewhere.admin, 400)):
        answer = person.api.exchange(robot.token, subject_token_type=CONTENT_SESSION_TOKEN)
        assert answer.status_code == status and "access_token" not in answer.text, answer.text


def test_without_the_association_there_is_no_token(robot):
    robot.credentials()
    robot.account.associate(robot.publisher, robot.content)
    robot.refused(212)
    other = robot.account.add_service_account(robot.provider, name="Another")
    robot.account.associate(robot.publisher, robot.content, other)
    robot.refused(256, audience=robot.integration["guid"])


def test_a_content_token_lives_24_hours_and_no_longer(own_robot):
    own_robot.credentials()
    own_robot.server.restart(clock_offset=24 * 3600 + 60)
    own_robot.refused(236)


def test_posit_sdk_shows_the_code(robot):
    robot.provider.fault("token", "status", status=400, error="invalid_scope")
    with pytest.raises(ClientError) as refused:
        client_of(robot.publisher).oauth.get_content_credentials(robot.token)
    assert refused.value.error_code == 241


def test_a_provider_that_refuses_the_client_is_241(own_robot):
    right, own_robot.provider.client_secret = own_robot.provider.client_secret, "another secret entirely"
    own_robot.provider.register()
    error = own_robot.refused(241)
    assert error["payload"]["integration_guid"] == own_robot.integration["guid"] and error["payload"]["reason"]
    assert right not in str(error)
    own_robot.provider.client_secret = right
    own_robot.provider.register()
    # The back-off must not be waited for: a later server tries again.
    own_robot.server.restart(clock_offset=900)
    assert own_robot.credentials()["access_token"]


@pytest.mark.parametrize("fault", ["status", "html", "malformed_json", "empty", "too_large", "drop_before"])
def test_a_provider_that_fails_is_241_and_recovers(own_robot, fault):
    own_robot.provider.fault("token", fault, times=50)
    assert own_robot.refused(241)["payload"]["reason"]
    own_robot.provider.clear_faults()
    own_robot.server.restart(clock_offset=900)
    assert own_robot.credentials()["access_token"]


def test_a_failing_provider_is_left_alone(own_robot):
    own_robot.provider.fault("token", "status", times=500, status=503)
    for _ in range(30):
        own_robot.refused(241)
    assert own_robot.provider.counters()["token_requests"] <= 10, "backed off instead of hammering"


def test_a_token_still_works_after_its_provider_went_away(robot):
    first = robot.credentials()["access_token"]
    robot.provider.fault("token", "status", times=500, status=503)
    answer = robot.exchange(headers={"Cache-Control": "no-cache"})
    assert answer.status_code == 200 and answer.json()["access_token"] == first


def test_after_its_end_a_token_is_fresh(own_robot):
    first = own_robot.credentials()["access_token"]
    own_robot.server.restart(clock_offset=EXPIRED_SECONDS)
    own_robot.provider.advance_clock(EXPIRED_SECONDS)
    fresh = own_robot.credentials()["access_token"]
    assert fresh != first and own_robot.provider.whoami(fresh) == own_robot.provider.client_id


# verify


def verify(robot, who=None):
    path = f"v1/oauth/integrations/{robot.integration['guid']}/verify"
    return (who or robot.account.admin).api("POST", path)


def test_verify_asks_the_provider_and_shows_no_token(robot):
    answer = verify(robot)
    assert answer.status_code == 200, answer.text
    issued = robot.provider.issued()["access_tokens"]
    assert len(issued) == 1 and issued[0] not in answer.text
    robot.provider.client_secret = "wrong secret of the provider"
    robot.provider.register()
    refused = verify(robot)
    assert refused.status_code == 400 and refused.json()["code"] == 241
    assert "issued_token_type" not in refused.text


def test_verify_is_for_administrators_and_service_accounts(robot, mixed):
    assert verify(robot, robot.publisher).status_code == 403
    assert verify(robot, mixed.account.admin).status_code == 404
    path = f"v1/oauth/integrations/{mixed.integration['guid']}/verify"
    mixed.account.admin.api.refused(400, 240, "POST", path)


def test_snowflake_has_no_service_accounts(server, account):
    config = {"auth_type": "Service Account", "account_url": "org-acc.snowflakecomputing.com"}
    config |= {"client_id": "x", "client_secret": "y"}
    body = {"name": "Robot", "description": "", "template": "snowflake", "config": config}
    account.admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=body)
