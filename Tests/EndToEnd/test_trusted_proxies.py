"""Who is believed about where a request came from: 127.0.0.0/8 has addresses enough for proxies and strangers."""

import http.client
import json

import pytest

from harness import seeded
from harness.waiting import DEADLINE_SECONDS

PROXY, SECOND_PROXY, STRANGER = "127.0.0.2", "127.0.0.3", "127.0.0.1"
PERSON, LIAR = "198.51.100.7", "6.6.6.6"


@pytest.fixture(scope="module")
def server(stage):
    return stage.gatehouse(options=("--trusted-proxy", PROXY, "--trusted-proxy", f"{SECOND_PROXY}/32"))


def send(server, source: str, path: str, headers: dict, body: dict | None = None) -> tuple[int, dict]:
    """A request that comes from an address of this machine."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=DEADLINE_SECONDS, source_address=(source, 0)
    )
    text = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", path, text, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read() or b"null")


def address_in_audit(server, account, source: str, *forwarded: str) -> str:
    """Makes content from there; answers which address the audit has for it."""
    title = seeded.token_hex(8)
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.port, timeout=DEADLINE_SECONDS, source_address=(source, 0)
    )
    connection.putrequest("POST", "/v1/content")
    connection.putheader("Authorization", f"Key {account.admin.key}")
    body = json.dumps({"title": title}).encode()
    connection.putheader("Content-Length", str(len(body)))
    for line in forwarded:
        connection.putheader("X-Forwarded-For", line)
    connection.endheaders(body)
    answer = connection.getresponse()
    made = json.loads(answer.read())
    assert answer.status == 200, made
    [line] = [line for line in account.audit(action="content.created") if line["content_guid"] == made["guid"]]
    return line["address"]


@pytest.mark.parametrize(
    ("source", "forwarded", "address"),
    [
        (STRANGER, [], STRANGER),
        (STRANGER, [PERSON], STRANGER),
        (STRANGER, [PROXY], STRANGER),
        (STRANGER, [f"{PERSON}, {PROXY}"], STRANGER),
        (PROXY, [], PROXY),
        (PROXY, [PERSON], PERSON),
        (PROXY, [f"{LIAR}, {PERSON}"], PERSON),
        (PROXY, [f"{LIAR}, {PERSON}, {SECOND_PROXY}"], PERSON),
        (PROXY, [LIAR, PERSON, SECOND_PROXY], PERSON),
        (PROXY, [f"{PROXY}, {PERSON}:443 , {SECOND_PROXY}"], PERSON),
        (PROXY, ["[2001:db8::7]:443"], "2001:db8::7"),
        (PROXY, [f"{PERSON}, <script>"], PROXY),
        (PROXY, ["x" * 5000], PROXY),
        (SECOND_PROXY, [f"{PERSON}, {PROXY}"], PERSON),
    ],
)
def test_the_sender_is_the_last_hop_that_is_no_proxy_of_ours(server, account, source, forwarded, address):
    assert address_in_audit(server, account, source, *forwarded) == address


def test_only_a_proxy_may_ask_about_a_request_for_content(server, account):
    publisher = account.add("publisher")
    content = account.add_content(publisher)
    headers = {"X-Original-URI": f"/content/{content['guid']}/"}
    status, error = send(server, STRANGER, "/v1/gateway/authorize", {**headers, "X-Forwarded-For": PROXY})
    assert status == 403 and "--trusted-proxy" in error["error"]
    assert send(server, PROXY, "/v1/gateway/authorize", headers)[0] == 401
    assert send(server, SECOND_PROXY, "/v1/gateway/authorize", {**headers, "X-Forwarded-For": PERSON})[0] == 401


def test_nobodys_word_moves_the_servers_own_addresses(server):
    tale = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Host": "evil.example"}
    for source in (STRANGER, PROXY):
        status, document = send(server, source, "/openapi.json", tale)
        assert status == 200 and "evil.example" not in json.dumps(document)


def test_without_a_word_proxies_of_this_machine_are_believed(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    assert address_in_audit(server, account, "127.0.0.9", f"{LIAR}, {PERSON}") == PERSON


@pytest.mark.parametrize("bad", ["", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "::1/200"])
def test_what_is_no_block_of_addresses_stops_the_start(server, bad):
    for done in (
        server.run("check-config", "--trusted-proxy", bad),
        server.run("check-config", environment={"GATEHOUSE_TRUSTED_PROXIES": f"127.0.0.1,{bad or 'x'}"}),
    ):
        assert done.returncode == 78 and "--trusted-proxy" in done.stderr, done.stderr


def test_the_configuration_says_who_is_believed(server):
    def proxies(*line: str, environment: dict | None = None) -> list[str]:
        done = server.run("check-config", "--json", *line, environment=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["trusted_proxies"]

    assert proxies() == ["127.0.0.0/8", "::1"]
    assert proxies("--trusted-proxy", "10.0.0.7", "--trusted-proxy", "fd00::/8") == ["10.0.0.7", "fd00::/8"]
    variable = {"GATEHOUSE_TRUSTED_PROXIES": "10.0.0.0/24,192.0.2.1"}
    assert proxies(environment=variable) == ["10.0.0.0/24", "192.0.2.1"]
    assert proxies("--trusted-proxy", "10.0.0.7", environment=variable) == ["10.0.0.7"]


def test_at_which_origin_content_is_asked_for_is_a_proxys_word_too(own_stage):
    server = own_stage.gatehouse(own_origins=True, options=("--trusted-proxy", PROXY))
    account = server.create_account()
    content = account.add_content(account.add("publisher"))
    path = f"/content/{content['guid']}"
    headers = {"X-Forwarded-Host": server.content_origin(content).removeprefix("http://")}
    ticket = f"{path}/__gatehouse__/ticket?ticket=x&to={path}/"

    def status(source: str) -> int:
        connection = http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=DEADLINE_SECONDS, source_address=(source, 0)
        )
        connection.request("GET", ticket, headers=headers)
        return connection.getresponse().status

    assert status(STRANGER) == 404, "nothing is redeemed at a host that is not the content's"
    assert status(PROXY) == 400, "the ticket is looked at"
