"""Sessions of IDEs: unmodified posit.workbench with nothing but its environment, and what the R client sends."""

import datetime
import json
import os
import stat
import subprocess
import sys

import pytest
import requests

from harness.account import Api
from harness.scene import due, expired, play
from harness.waiting import DEADLINE_SECONDS

COOKIE = "X-RS-Session-Server-RPC-Cookie"
PYTHON = """
import json, sys
from posit.workbench import Client
client = Client()
oauth = client.oauth
guid = sys.argv[1]
def plain(value):
    return None if value is None else {key: str(one) for key, one in value.items()}
def attempt(call):
    try:
        return plain(call())
    except Exception as error:
        return {"raised": type(error).__name__, "sentence": str(error)}
print(json.dumps({
    "credentials": attempt(lambda: oauth.get_credentials(guid)),
    "found": [plain(one) for one in oauth.integrations.find()],
    "by_name": attempt(lambda: oauth.integrations.find_by(name="^Warehouse$", authenticated=True)),
    "by_guid": attempt(lambda: oauth.integrations.get(guid)),
    "nobody": attempt(lambda: oauth.integrations.find_by(name="^nobody$")),
    "azure": attempt(lambda: oauth.get_delegated_azure_token("https://storage.azure.com/")),
}))
"""


@pytest.fixture(scope="module")
def shared(server, stage):
    return play(server, stage.simulator("databricks"))


def open_session(person, **body) -> dict:
    return person.api.ok("POST", "v1/workbench/sessions", json=body)


def environment(session: dict) -> dict:
    return {one["name"]: one["value"] for one in session["environment"]}


def python(environment: dict, guid: str) -> dict:
    """The client in a process of its own that has nothing else in its environment."""
    done = subprocess.run(
        [sys.executable, "-c", PYTHON, guid],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rpc(server, method: str, cookie: str | None, path: str, **more) -> requests.Response:
    headers = {} if cookie is None else {COOKIE: cookie}
    session = server.journal.watch(requests.Session())
    return session.request(method, server.url(path), headers=headers, timeout=DEADLINE_SECONDS, **more)


def asking(guid: str) -> dict:
    return {"method": "/oauth_token", "kwparams": {"uuid": guid}}


def test_the_python_client_gets_the_users_own_token(shared):
    session = open_session(shared.viewer)
    assert set(environment(session)) == {"POSIT_PRODUCT", "RS_SERVER_ADDRESS", "RS_SESSION_RPC_COOKIE"}
    got = python(environment(session), shared.integration["guid"])
    assert shared.provider.whoami(got["credentials"]["access_token"]) == shared.username
    assert got["credentials"]["integration_id"] == shared.integration["guid"]
    expiry = datetime.datetime.fromisoformat(got["credentials"]["expiry"])
    left = (expiry - datetime.datetime.now(datetime.UTC)).total_seconds()
    assert 0 < left <= 3600
    # The same token that content gets: there is one session, and one place that refreshes it.
    assert got["credentials"]["access_token"] == shared.credentials()["access_token"]


def test_the_python_client_finds_integrations(shared):
    got = python(environment(open_session(shared.viewer)), shared.integration["guid"])
    found = got["found"]
    assert [one["guid"] for one in found] == [shared.integration["guid"]]
    assert set(found[0]) == {
        "guid", "name", "display_name", "type", "client_id", "auth_url", "token_url", "scopes", "issuer",
        "authenticated",
    }  # fmt: skip
    assert found[0]["name"] == "Warehouse" and found[0]["type"] == "databricks"
    assert found[0]["client_id"] == shared.provider.client_id
    assert found[0]["auth_url"].endswith("/oidc/v1/authorize")
    assert found[0]["token_url"].endswith("/oidc/v1/token")
    assert found[0]["authenticated"] == "True" and "offline_access" in found[0]["scopes"]
    assert got["by_name"] == got["by_guid"] == found[0]
    assert got["nobody"] is None


def test_azure_without_azure_is_answered_with_a_sentence(shared):
    azure = python(environment(open_session(shared.viewer)), shared.integration["guid"])["azure"]
    assert azure["raised"] == "RuntimeError" and "template azure" in azure["sentence"]


def test_who_has_not_logged_in_gets_none(shared):
    other = shared.account.add("viewer")
    got = python(environment(open_session(other)), shared.integration["guid"])
    assert got["credentials"] is None
    assert got["found"][0]["authenticated"] == "False"
    answer = rpc(
        shared.server, "GET", open_session(other)["rpc_cookie"], "/oauth_token", json=asking(shared.integration["guid"])
    )
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert "error" not in answer.json() and answer.json()["reason"] == "not_logged_in"
    assert shared.integration["guid"] in answer.json()["login_url"]


def test_an_unknown_integration_is_none_and_no_fault(shared):
    elsewhere = play(shared.server, shared.provider, log_in=False)
    for guid in ("nonsense", shared.content["guid"], elsewhere.integration["guid"]):
        assert python(environment(open_session(shared.viewer)), guid)["credentials"] is None


def test_a_token_refreshed_here_is_the_one_that_content_gets(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = due(server, provider)
    session = open_session(scene.viewer)
    answer = rpc(server, "POST", session["rpc_cookie"], "/oauth_token", json=asking(scene.integration["guid"]))
    token = answer.json()["access_token"]
    assert scene.credentials()["access_token"] == token
    assert scene.provider.whoami(token) == scene.username
    assert provider.counters()["refresh_grants"] == 1


def test_a_refresh_that_fails_is_told_in_a_sentence(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = expired(server, provider)
    session = open_session(scene.viewer)
    provider.stop()
    got = python(environment(session), scene.integration["guid"])
    assert got["credentials"]["raised"] == "RuntimeError"
    assert "could not be refreshed for now" in got["credentials"]["sentence"]


def test_r_posts_and_leaves_the_slash_out(shared):
    cookie = open_session(shared.viewer)["rpc_cookie"]
    body = {"kwparams": {"uuid": shared.integration["guid"]}, "method": "oauth_token"}
    answer = rpc(shared.server, "POST", cookie, "/oauth_token", json=body)
    assert shared.provider.whoami(answer.json()["access_token"]) == shared.username
    # jsonlite writes an empty list as [].
    listed = rpc(shared.server, "POST", cookie, "/oauth_integrations", json={"kwparams": [], "method": "x"})
    assert listed.json()["providers"][0]["integrations"][0]["uid"] == shared.integration["guid"]
    assert isinstance(listed.json()["providers"][0]["integrations"][0]["scopes"], list)
    azure = rpc(shared.server, "POST", cookie, "/delegated_azure_token", json={"params": ["https://x"]})
    assert azure.status_code == 200 and "error" in azure.json()


def test_get_with_a_body_leaves_the_connection_in_order(shared):
    cookie = open_session(shared.viewer)["rpc_cookie"]
    with requests.Session() as session:
        session.headers[COOKIE] = cookie
        tokens = {
            session.get(
                shared.server.url("/oauth_token"), json=asking(shared.integration["guid"]), timeout=DEADLINE_SECONDS
            ).json()["access_token"]
            for _ in range(5)
        }
        unread = session.get(
            shared.server.url("/oauth_integrations"), json={"x": "y" * 50_000}, timeout=DEADLINE_SECONDS
        )
        assert unread.status_code == 200
        assert session.get(shared.server.url("/__ping__"), timeout=DEADLINE_SECONDS).json() == {}
    assert len(tokens) == 1


@pytest.mark.parametrize("path", ["/oauth_token", "/oauth_integrations", "/delegated_azure_token"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_good_cookie_there_is_nothing(shared, method, path):
    good = open_session(shared.viewer)["rpc_cookie"]
    first, second, _ = good.split("|")
    stranger = open_session(play(shared.server, shared.provider, log_in=False).viewer)["rpc_cookie"].split("|")[2]
    for cookie in (None, "", "|", "a|b|c", good[:-1], f"{first}|{second}|{stranger}", good + "x", "x" * 5000):
        answer = rpc(shared.server, method, cookie, path, json=asking(shared.integration["guid"]))
        assert answer.status_code == 401, f"{cookie}: {answer.status_code} {answer.text}"
        assert answer.json()["code"] == 24


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"kwparams": {}}', b'{"kwparams": []}', b'{"kwparams": {"uuid": 1}}', b'"x"', b"\xff"],
)
def test_a_body_that_makes_no_sense_is_a_400(shared, body):
    cookie = open_session(shared.viewer)["rpc_cookie"]
    answer = rpc(shared.server, "POST", cookie, "/oauth_token", data=body)
    assert answer.status_code == 400 and answer.json()["error"], answer.text


def test_sessions_are_listed_and_ended(shared):
    person, other = shared.account.add("viewer"), shared.account.add("viewer")
    made = open_session(person, hours=2)
    assert set(made) == {
        "guid", "user_guid", "created_time", "expires_at", "active_time", "rpc_cookie", "environment"
    }  # fmt: skip
    listed = person.api.ok("GET", "v1/workbench/sessions")
    assert [one["guid"] for one in listed] == [made["guid"]]
    assert "rpc_cookie" not in json.dumps(listed) and made["rpc_cookie"] not in json.dumps(listed)
    assert other.api.ok("GET", "v1/workbench/sessions") == []
    everybody = shared.account.admin.api.ok("GET", "v1/workbench/sessions", params={"all": "true"})
    assert made["guid"] in [one["guid"] for one in everybody]
    person.api.refused(403, 22, "GET", "v1/workbench/sessions", params={"all": "true"})
    other.api.refused(404, 4, "DELETE", f"v1/workbench/sessions/{made['guid']}")
    shared.server.create_account().admin.api.refused(404, 4, "DELETE", f"v1/workbench/sessions/{made['guid']}")
    assert rpc(shared.server, "POST", made["rpc_cookie"], "/oauth_integrations").status_code == 200
    person.api.ok("DELETE", f"v1/workbench/sessions/{made['guid']}")
    assert rpc(shared.server, "POST", made["rpc_cookie"], "/oauth_integrations").status_code == 401
    assert person.api.ok("GET", "v1/workbench/sessions") == []


def test_nobody_opens_one_for_somebody_else_not_even_an_administrator(shared):
    viewer = shared.viewer
    for person in (shared.account.admin, shared.publisher):
        person.api.refused(403, 22, "POST", "v1/workbench/sessions", json={"user_guid": viewer.guid})
    stranger = shared.server.create_account().admin
    stranger.api.refused(400, 25, "POST", "v1/workbench/sessions", json={"user_guid": viewer.guid})
    assert open_session(viewer, user_guid=viewer.guid)["user_guid"] == viewer.guid


@pytest.mark.parametrize(
    "body",
    [{"hours": 0}, {"hours": 721}, {"hours": "2"}, {"hours": 1.5}, {"hours": 2**62}, {"user_guid": "x"}, {"days": 1}],
)
def test_a_session_that_cannot_be_is_refused(shared, body):
    shared.account.admin.api.refused(400, 25, "POST", "v1/workbench/sessions", json=body)


def test_content_opens_no_session_for_its_owner(shared):
    sheet = shared.publisher.api.ok("GET", f"v1/content/{shared.content['guid']}/runtime")
    key = {one["name"]: one["value"] for one in sheet["environment"]}["CONNECT_API_KEY"]
    Api(shared.server, key).refused(403, 22, "POST", "v1/workbench/sessions", json={})


def test_a_lock_ends_the_session_for_good(server):
    account = server.create_account()
    person = account.add("viewer")
    cookie = open_session(person)["rpc_cookie"]
    for locked in (True, False):
        account.admin.api.ok("POST", f"v1/users/{person.guid}/lock", json={"locked": locked})
        assert rpc(server, "POST", cookie, "/oauth_integrations").status_code == 401


def test_a_session_ends_at_its_time(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    cookie = open_session(account.admin, hours=1)["rpc_cookie"]
    server.restart(clock_offset=3500)
    assert rpc(server, "POST", cookie, "/oauth_integrations").status_code == 200
    server.restart(clock_offset=3601)
    assert rpc(server, "POST", cookie, "/oauth_integrations").status_code == 401


def test_the_command_prints_what_a_shell_can_take(shared):
    printed = shared.server.command(
        "workbench", "session", shared.account.slug, "--user", shared.viewer.email, "--hours", "3",
        "--base-url", shared.server.base_url,
    )  # fmt: skip
    script = f'{printed}\nexec "$0" -c "$1" "$2"'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, PYTHON, shared.integration["guid"]],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    # `sh -c SCRIPT A B C` gives A as $0: the interpreter.
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert shared.provider.whoami(got["credentials"]["access_token"]) == shared.username


def test_the_command_writes_the_cookie_to_a_file(shared, tmp_path):
    folder = tmp_path / "session"
    made = shared.server.json(
        "workbench", "session", shared.account.slug, "--user", shared.viewer.email, "--dir", str(folder),
        "--base-url", shared.server.base_url,
    )  # fmt: skip
    file = folder / "rpc_cookie"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert file.read_text() not in json.dumps(made)
    assert set(environment(made)) == {"POSIT_PRODUCT", "RS_SERVER_ADDRESS", "PWB_SESSION_RUNTIME_DIR"}
    got = python(environment(made), shared.integration["guid"])
    assert shared.provider.whoami(got["credentials"]["access_token"]) == shared.username


@pytest.mark.parametrize(
    "words",
    [("--user", "nobody@x.example"), ("--user", "{user}", "--hours", "0"), ("--user", "{user}", "--dir", "/dev/null")],
    ids=["nobody", "hours", "dir"],
)
def test_the_command_says_what_cannot_be(shared, words):
    before = shared.viewer.api.ok("GET", "v1/workbench/sessions")
    line = [word.format(user=shared.viewer.email) for word in words]
    done = shared.server.run("workbench", "session", shared.account.slug, *line)
    assert done.returncode != 0 and done.stderr.startswith("gatehouse: "), done.stderr
    assert shared.viewer.api.ok("GET", "v1/workbench/sessions") == before


def test_the_audit_tells_of_sessions_and_of_tokens(shared):
    person = shared.account.add("viewer")
    made = open_session(person)
    rpc(shared.server, "POST", made["rpc_cookie"], "/oauth_token", json=asking(shared.integration["guid"]))
    cookie = open_session(shared.viewer)["rpc_cookie"]
    rpc(shared.server, "POST", cookie, "/oauth_token", json=asking(shared.integration["guid"]))
    person.api.ok("DELETE", f"v1/workbench/sessions/{made['guid']}")

    def told(action: str, **about) -> list[dict]:
        page = shared.account.admin.api.ok("GET", "v1/audit_logs", params={"action": action, "limit": 100})
        return [one for one in page["results"] if about.items() <= one.items()]

    for action in ("workbench.session_created", "workbench.session_ended"):
        [event] = told(action, subject_guid=made["guid"])
        assert event["user_guid"] == person.guid and made["rpc_cookie"] not in str(event)
    door = {"door": "workbench", "integration_guid": shared.integration["guid"]}
    [refused] = told("credentials.refused", subject_guid=person.guid, **door)
    assert refused["outcome"] == "refused" and refused["details"]["reason"] == "not_logged_in"
    assert told("credentials.issued", subject_guid=shared.viewer.guid, **door)


def test_no_cookie_is_stored_or_logged(shared):
    cookie = open_session(shared.viewer)["rpc_cookie"]
    rpc(shared.server, "POST", cookie, "/oauth_token", json=asking(shared.integration["guid"]))
    for secret in (cookie, cookie.split("|")[0]):
        assert secret not in shared.server.logs
        for file in shared.server.data.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file
