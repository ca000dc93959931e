"""Bad input: a 400 with the field's name, its code and a sentence; never a 500; never a change."""

import contextlib
import html
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from harness.account import Api
from harness.browser import Browser, form_with
from harness.waiting import DEADLINE_SECONDS, wait_until
from test_api_contract import INTEGRATION

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def admin(account):
    return account.admin


@pytest.fixture
def unchanged(admin):
    """Whatever the test sends, the account's integrations and content stay as they are."""
    before = [admin.api.ok("GET", path) for path in ("v1/oauth/integrations", "v1/content")]
    yield
    assert [admin.api.ok("GET", path) for path in ("v1/oauth/integrations", "v1/content")] == before


def with_config(**changes) -> dict:
    return {**INTEGRATION, "config": {**INTEGRATION["config"], **changes}}


def without(name: str) -> dict:
    return {**INTEGRATION, "config": {key: value for key, value in INTEGRATION["config"].items() if key != name}}


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        (with_config(surprise="x"), 228, "surprise"),
        (with_config(clientSecret="x"), 228, "clientSecret"),
        (with_config(scopes=5), 228, "scopes"),
        (with_config(scopes=["a"]), 228, "scopes"),
        (with_config(scopes='a"b'), 228, "scopes"),
        (with_config(scopes="x" * 10_000), 228, "scopes"),
        (with_config(auth_type="Robot"), 228, "auth_type"),
        (with_config(auth_mode="Secret"), 228, "auth_mode"),
        (with_config(client_id=""), None, "client_id"),
        (with_config(client_id="x" * 5000), None, "client_id"),
        (with_config(client_id="a\nb"), None, "client_id"),
        (with_config(client_secret=""), None, "client_secret"),
        (with_config(client_secret="x" * 100_000), None, "client_secret"),
        (without("client_id"), None, "client_id"),
        (without("client_secret"), None, "client_secret"),
        (without("workspace_host"), 228, "workspace_host"),
        ({**INTEGRATION, "template": "nothing"}, 227, "template"),
        ({**INTEGRATION, "template": None}, None, "template"),
        ({**INTEGRATION, "template": 5}, None, "template"),
        ({**INTEGRATION, "name": ""}, 225, "name"),
        ({**INTEGRATION, "name": "  "}, 225, "name"),
        ({**INTEGRATION, "name": "x" * 10_000}, 225, "name"),
        ({**INTEGRATION, "name": "a\x00b"}, None, ""),
        ({**INTEGRATION, "name": 5}, None, "name"),
        ({**INTEGRATION, "description": "x" * 100_000}, 226, "description"),
        ({**INTEGRATION, "description": {}}, None, "description"),
        ({**INTEGRATION, "config": []}, None, "config"),
        ({**INTEGRATION, "config": None}, 228, "config"),
        ({key: value for key, value in INTEGRATION.items() if key != "config"}, 228, "config"),
        ({key: value for key, value in INTEGRATION.items() if key != "name"}, 225, "name"),
        ({**INTEGRATION, "surprise": 1}, None, "surprise"),
        ([], None, ""),
        ("text", None, ""),
        (None, None, ""),
    ],
    ids=lambda value: str(value)[-40:] if isinstance(value, dict) else str(value),
)
def test_an_integration_that_does_not_fit_is_refused_and_named(admin, unchanged, body, code, named):
    answer = admin.api("POST", "v1/oauth/integrations", json=body)
    assert answer.status_code == 400, answer.text[:500]
    error = answer.json()
    assert set(error) == {"code", "error", "payload"}
    assert code in (None, error["code"]), error
    assert named in error["error"] and len(error["error"]) > 15, error
    assert "a secret of the client" not in answer.text


def test_a_snowflake_scope_that_snowflake_refuses_is_refused_here(admin, unchanged):
    config = {"auth_type": "Viewer", "account_url": "org-a.snowflakecomputing.com", "client_id": "c"}
    config |= {"client_secret": "a secret of the client"}
    body = {**INTEGRATION, "template": "snowflake"}
    for scopes in ("refresh_token offline_access", "session:role:A session:role:B refresh_token"):
        error = admin.api.refused(
            400, 228, "POST", "v1/oauth/integrations", json={**body, "config": {**config, "scopes": scopes}}
        )
        assert "scopes" in error["error"]


BROKEN_JSON = [
    b"",
    b"{",
    b"{'name': 1}",
    b'{"name": "a", "name": "b"}',
    b'{"config": {"client_id": "a", "client_id": "b"}}',
    b'{"name": "\xff\xfe"}',
    b'{"name": "\\ud800"}',
    b'{"a": 1}{"b": 2}',
    b'{"a": 1e999}',
    b'{"a": 99999999999999999999999}',
    b"[" * 5000,
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"NaN",
    b"\x00",
]


@pytest.mark.parametrize("text", BROKEN_JSON, ids=lambda text: repr(text[:24]))
def test_what_is_not_json_is_121(admin, unchanged, text):
    for method, path in (("POST", "v1/oauth/integrations"), ("POST", "v1/content")):
        answer = admin.api(method, path, data=text, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, f"{path}: {answer.status_code} {answer.text[:300]}"
        assert answer.json()["code"] == 121, answer.text
        assert "client_id" not in answer.text or b"client_id" not in text


def test_a_duplicate_key_is_refused_with_line_and_column(admin):
    text = b'{\n  "name": "a",\n  "name": "b"\n}'
    answer = admin.api("POST", "v1/content", data=text, headers={"Content-Type": "application/json"})
    assert answer.json()["code"] == 121 and "3" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"title": 5}, "title"),
        ({"title": "x" * 100_000}, "title"),
        ({"name": "with space"}, "name"),
        ({"name": "x" * 1000}, "name"),
        ({"access_type": "nobody"}, "access_type"),
        ({"description": []}, "description"),
    ],
)
def test_content_that_does_not_fit_is_refused_and_named(admin, unchanged, body, named):
    answer = admin.api("POST", "v1/content", json=body)
    assert answer.status_code == 400 and named in answer.json()["error"], answer.text[:300]


def test_a_name_of_any_script_is_kept_as_it_is(admin):
    name = "Données ☃ \U0001f600 עברית <b>&amp;"
    made = admin.api.ok("POST", "v1/oauth/integrations", json={**INTEGRATION, "name": name})
    assert made["name"] == name
    assert admin.api.ok("GET", f"v1/oauth/integrations/{made['guid']}")["name"] == name


def test_a_body_over_one_mebibyte_is_413_before_it_is_read(server, admin):
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_SECONDS) as connection:
        head = (
            "POST /v1/content HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Key {admin.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {2 * MEBIBYTE}\r\n\r\n"
        )
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4096).split(b"\r\n")[0], "answered although no byte of the body was sent"


def status_of(server, admin, path: str, headers: str, body: bytes) -> str:
    """What the first line of the answer says to a body of which nothing is left to send that could be cut off."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_SECONDS) as connection:
        head = f"POST /{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Key {admin.key}\r\n{headers}\r\n\r\n"
        connection.sendall(head.encode() + body)
        return connection.makefile("rb").readline().decode().split(" ")[1]


def test_a_chunked_body_over_one_mebibyte_is_413(server, admin):
    headers = "Content-Type: application/json\r\nTransfer-Encoding: chunked"
    chunks = [b" " * 65536] * 16 + [b" "]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    assert status_of(server, admin, "v1/content", headers, body) == "413"


@pytest.mark.parametrize("path", ["v1/oauth/integrations/credentials", "v1/oauth/integrations", "v1/content"])
def test_a_body_just_under_the_limit_is_read(admin, path):
    answer = admin.api("POST", path, data=b" " * (MEBIBYTE - 1024), headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_a_form_over_the_limit_is_413(server, admin):
    headers = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {MEBIBYTE + 12}"
    assert status_of(server, admin, "v1/oauth/integrations/credentials", headers, b"grant_type=x") == "413"


RAW = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /v1/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Key " + b"\xff" * 50 + b"\r\n\r\n",
    b"POST /v1/content HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/content HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /v1/content HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /%zz/%c0%ae HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"NONSENSE\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: repr(raw[:40]))
def test_nonsense_on_the_wire_is_no_500_and_harms_nobody(server, admin, raw):
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_SECONDS) as connection:
        answer = b""
        # The server may close while the client is still sending.
        with contextlib.suppress(OSError):
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert admin.api("GET", "v1/user").status_code == 200


@pytest.mark.parametrize("header", ["Key", "Key ", "key x", "Key a b", "Basic eDp5", "Bearer x", "Key " + "x" * 5000])
def test_an_authorization_that_is_none_is_401(server, header):
    answer = server.get("/v1/user", headers={"Authorization": header})
    assert answer.status_code == 401 and answer.json()["code"] == 24


def test_a_guid_in_any_other_form_is_404(admin):
    api: Api = admin.api
    made = api.ok("POST", "v1/oauth/integrations", json=INTEGRATION)
    guid = made["guid"]
    for other in (guid[:-1], guid + "0", guid.replace("-", ""), "{" + guid + "}", "0" * 36, "%20" + guid, guid + "%00"):
        assert api("GET", f"v1/oauth/integrations/{other}").status_code == 404, other


def test_what_nobody_signed_in_sends_is_not_shown_again_many_times_its_size(server, account):
    fields = {f"f{number}": '"' * 3000 for number in range(100)}
    answer = requests.post(account.url("keys/new"), data=fields, timeout=DEADLINE_SECONDS)
    assert answer.status_code == 401 and len(answer.content) < 20_000, len(answer.content)
    browser = Browser()
    page = browser.get(account.url("sign-in"))
    answer = browser.submit(form_with(page, "email"), email='"' * 300_000, password="x")
    assert answer.status_code == 401 and len(answer.content) < 20_000, len(answer.content)


def test_who_does_not_read_an_answer_loses_the_connection(server):
    """Such an answer would lie in memory for as long as the client likes."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        port = urlsplit(server.base_url).port
        client.connect(("127.0.0.1", port))
        # More than both kernels take.
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        own = client.getsockname()[1]
        assert is_connected(own, port)
        wait_until(lambda: not is_connected(own, port), "the server closes the connection", 30 + DEADLINE_SECONDS)


def is_connected(client: int, server: int) -> bool:
    """Whether the server's side of a connection is there, as the kernel sees it."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state = line.split()[:4]
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (server, client):
            return state == "01"
    return False


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ("nobody-knows-it", 404, "There is no account of that name here: check the spelling."),
        ("", 400, "An account's name has"),
        ("<script>alert(1)</script>", 400, "An account's name has"),
        ("a" * 3000, 400, "An account's name has"),
    ],
    ids=["unknown", "empty", "script", "long"],
)
def test_an_account_that_is_none_is_said_beside_the_field(server, typed, status, words):
    browser = Browser()
    front = browser.get(server.url("/"))
    refused = browser.submit(form_with(front, "account"), account=typed, follow=False)
    again = form_with(refused, "account")
    assert refused.status_code == status and words in html.unescape(refused.text)
    assert 'aria-invalid="true"' in refused.text and again.fields["account"] == typed[:255]
    assert "<script>alert" not in refused.text


def test_an_account_is_found_however_its_name_is_typed(server, account):
    browser = Browser()
    typed = f" {account.slug.upper()} "
    found = browser.submit(form_with(browser.get(server.url("/")), "account"), account=typed, follow=False)
    assert found.status_code == 303 and found.headers["Location"] == f"/accounts/{account.slug}/"
