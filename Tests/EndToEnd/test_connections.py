"""Connections: when the server closes one, what its client reads before, and what a connection may wait for."""

import socket
import threading
import time
import urllib.parse

import pytest

from harness.account import TOKEN_EXCHANGE, USER_SESSION_TOKEN
from harness.bundles import bundle
from harness.held_socket import HeldGatehouse
from harness.scene import play
from harness.waiting import wait_until
from harness.wire import Wire

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def port(server) -> int:
    return server.port


# A connection whose parser has stopped is closed.


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/__ping__", {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABk"}),
        ("GET", "/__ping__", {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}),
        ("GET", "/__ping__", {"Connection": "upgrade", "Upgrade": "TLS/1.0"}),
        ("GET", "/", {"Connection": "keep-alive, Upgrade", "Upgrade": "h2c"}),
        ("POST", "/v1/oauth/integrations/credentials", {"Connection": "Upgrade", "Upgrade": "h2c"}),
    ],
    ids=["curl", "websocket", "tls", "page", "exchange"],
)
def test_an_upgrade_is_ignored_and_its_answer_is_the_last(port, method, target, headers):
    body = b"grant_type=x" if method == "POST" else b""
    with Wire(port) as plain, Wire(port) as wire:
        expected = plain.ask(method, target, body=body)
        answer = wire.ask(method, target, headers, body)
        assert answer.status == expected.status
        assert answer.headers["Connection"] == "close"
        assert wire.is_at_end()


def test_connect_is_refused_and_its_answer_is_the_last(port):
    with Wire(port) as wire:
        answer = wire.ask("CONNECT", "localhost:443")
        assert answer.status == 404 and answer.headers["Connection"] == "close"
        assert wire.is_at_end()


def test_what_is_sent_after_an_upgrade_is_not_read_as_a_request(port):
    with Wire(port) as wire:
        wire.request("GET", "/__ping__", {"Connection": "Upgrade", "Upgrade": "h2c"})
        wire.request("GET", "/__ping__")
        assert wire.answer().status == 200
        assert wire.is_at_end()


def test_a_client_that_wants_to_close_is_told_so(port):
    with Wire(port) as wire:
        answer = wire.ask("GET", "/__ping__", {"Connection": "close"})
        assert answer.headers["Connection"] == "close" and wire.is_at_end()


def test_any_other_connection_goes_on(port):
    with Wire(port) as wire:
        for _ in range(3):
            assert wire.ask("GET", "/__ping__").headers["Connection"] is None
        for _ in range(3):
            refused = wire.ask("POST", "/v1/content", {"Content-Type": "application/json"}, b"{}")
            assert refused.status == 401 and refused.headers["Connection"] is None
        assert wire.ask("HEAD", "/__ping__").status == 200
        assert wire.ask("GET", "/__ping__").status == 200


# A client that asks first whether to send its body.


def head_of(wire: Wire) -> bytes:
    """The head of the next answer, an interim one too."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = wire.socket.recv(1)
        assert byte, f"the connection ended: {head!r}"
        head += byte
    return head


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("expect", ["100-continue", "100-Continue"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_client_that_waits_is_told_to_send_its_body(port, account, expect, chunked):
    body = b'{"title": "Asked first"}'
    headers = {"Authorization": f"Key {account.admin.key}", "Content-Type": "application/json", "Expect": expect}
    headers |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    with Wire(port) as wire:
        for _ in range(2):
            wire.request("POST", "/v1/content", headers)
            assert head_of(wire) == CONTINUE
            wire.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body)
            answer = wire.answer("POST")
            assert answer.status == 200 and b"Asked first" in answer.body and answer.headers["Connection"] is None


def test_a_bundle_and_a_form_are_waited_for_too(port, account, publisher_with_content):
    person, content = publisher_with_content
    archive = bundle()
    head = {"Authorization": f"Key {person.key}", "Content-Type": "application/gzip", "Expect": "100-continue"}
    with Wire(port) as wire:
        wire.request("POST", bundles(content), head | {"Content-Length": str(len(archive))})
        assert head_of(wire) == CONTINUE
        wire.send(archive)
        assert wire.answer("POST").status == 200
        form = b"email=x&password=y"
        form_head = {"Content-Type": FORM, "Expect": "100-continue", "Content-Length": str(len(form))}
        wire.request("POST", f"/accounts/{account.slug}/sign-in", form_head)
        assert head_of(wire) == CONTINUE
        wire.send(form)
        assert wire.answer("POST").status == 403


REFUSED_AT_ONCE = {
    "too large": (413, {"Content-Length": str(2 * MEBIBYTE)}),
    "not a length": (400, {"Content-Length": "99999999999999999999"}),
    "no key": (401, {"Content-Length": "2"}),
    "no key, in chunks": (401, {"Transfer-Encoding": "chunked"}),
    "not JSON": (415, {"Content-Length": "2", "Content-Type": "text/csv", "Authorization": "Key {key}"}),
}


@pytest.mark.parametrize("case", REFUSED_AT_ONCE)
def test_a_client_that_waits_gets_the_refusal_in_place_of_the_word(port, account, case):
    status, headers = REFUSED_AT_ONCE[case]
    sent = {name: value.format(key=account.admin.key) for name, value in headers.items()}
    with Wire(port) as wire:
        wire.request("POST", "/v1/content", sent | {"Expect": "100-continue"})
        head = head_of(wire)
        assert head.startswith(b"HTTP/1.1 %d " % status), head
        assert b"\r\nconnection: close\r\n" in head.lower(), "the body that was not sent is not waited for"


def test_nobody_is_told_to_send_what_is_sent_already_or_never_comes(port, account):
    head = {"Authorization": f"Key {account.admin.key}", "Content-Type": "application/json", "Expect": "100-continue"}
    with Wire(port) as wire:
        wire.request("GET", "/v1/user", head)
        assert head_of(wire).startswith(b"HTTP/1.1 200 ")
    with Wire(port) as wire:
        fields = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        wire.send(f"POST /v1/content HTTP/1.0\r\n{fields}Content-Length: 2\r\n\r\n".encode())
        wire.send(b"{}")
        assert head_of(wire).startswith(b"HTTP/1.1 200 ")


def test_an_earlier_answer_comes_before_the_word(port, account):
    head = {"Authorization": f"Key {account.admin.key}", "Content-Type": "application/json"}
    with Wire(port) as wire:
        wire.request("GET", "/v1/user", head)
        wire.request("POST", "/v1/content", head | {"Expect": "100-continue", "Content-Length": "2"})
        assert wire.answer().status == 200
        assert head_of(wire) == CONTINUE
        wire.send(b"{}")
        assert wire.answer("POST").status == 200


# Who sends a body that is refused reads the refusal.


def bundles(content: dict) -> str:
    return f"/v1/content/{content['guid']}/bundles"


@pytest.fixture(scope="module")
def content(account) -> dict:
    return account.add_content(account.add("publisher"))


@pytest.fixture(scope="module")
def publisher_with_content(account):
    person = account.add("publisher")
    return person, account.add_content(person)


GZIP, JSON, FORM = "application/gzip", "application/json", "application/x-www-form-urlencoded"
REFUSED = {
    "too-large": lambda account, content: ("/v1/content", account.admin.key, JSON, 413),
    "without-key": lambda account, content: (bundles(content), None, GZIP, 401),
    "bad-key": lambda account, content: (bundles(content), "nonsense", GZIP, 401),
    "viewer": lambda account, content: (bundles(content), account.add("viewer").key, GZIP, 403),
    "form": lambda account, content: (f"/accounts/{account.slug}/sign-in", None, FORM, 413),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_refused_body_may_be_sent_to_its_end_and_then_the_refusal_is_read(server, account, content, case, chunked):
    """A client that reads only after it has sent everything, as many libraries do."""
    path, key, media, status = REFUSED[case](account, content)
    part, count = b" " * 65536, 640
    headers = {"Content-Type": media} | ({"Authorization": f"Key {key}"} if key else {})
    headers |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(part) * count)}
    with Wire(server.port) as wire:
        wire.request("POST", path, headers)
        for _ in range(count):
            wire.send(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
        if chunked:
            wire.send(b"0\r\n\r\n")
        answer = wire.answer("POST")
        assert answer.status == status and answer.headers["Connection"] == "close"
        assert wire.is_at_end()


def test_earlier_requests_are_answered_before_a_refusal(server, account):
    with Wire(server.port) as wire:
        wire.request("GET", "/v1/user", {"Authorization": f"Key {account.admin.key}"})
        wire.request("POST", "/v1/content", {"Content-Length": str(2 * MEBIBYTE)})
        first = wire.answer()
        assert first.status == 200 and first.headers["Connection"] is None
        assert wire.answer("POST").status == 413
        assert wire.is_at_end()


@pytest.mark.parametrize("length", ["9223372036854775808", "18446744073709551615", "99999999999999999999"])
@pytest.mark.parametrize("path", ["/v1/content", "/v1/content/{guid}/bundles", "/__ping__"])
def test_a_length_that_cannot_be_counted_to_is_400(port, content, path, length):
    with Wire(port) as wire:
        wire.request("POST", path.replace("{guid}", content["guid"]), {"Content-Length": length})
        answer = wire.answer("POST")
        assert answer.status == 400 and answer.headers["Connection"].lower() == "close"
        assert wire.is_at_end()


def test_a_body_that_drips_on_after_its_refusal_loses_the_connection(port, content):
    with Wire(port) as wire:
        wire.request("POST", bundles(content), {"Content-Length": str(50 * MEBIBYTE)})
        answer = wire.answer("POST")
        assert answer.status == 401 and answer.headers["Connection"] == "close"
        assert wire.is_at_end()
        # Sooner than the 30 s that a client has which makes progress.
        wire.await_closed(dripping=b" ", deadline=20)


# A last answer on a slow link.

NARROW = 4096
"""Bytes in a socket's buffer: an answer that is larger waits in the server, not in the kernel."""
LINGERING_SECONDS = 5
"""A closed connection whose client sends nothing is not waited for longer than this."""


@pytest.fixture
def narrow(own_stage):
    """A server whose sockets hold next to nothing; they inherit that from the one that listens."""
    server = HeldGatehouse(own_stage.folder("gatehouse"))
    own_stage.servers.append(server)
    server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, NARROW)
    return server.start()


@pytest.mark.parametrize("ending", ["asked for", "half closed"])
def test_a_slow_reader_gets_its_last_answer_to_the_end(narrow, ending):
    """The time that the server waits for a client to close begins when the answer is on its way, not before."""
    with Wire(narrow.port, NARROW) as wire:
        wire.request("GET", "/openapi.json", {"Connection": "close"} if ending == "asked for" else {})
        if ending == "half closed":
            wire.socket.shutdown(socket.SHUT_WR)
        threading.Event().wait(LINGERING_SECONDS + 2)
        answer = wire.answer()
        assert answer.status == 200 and len(answer.body) > 20 * NARROW
        assert wire.is_at_end()


def test_the_kernel_holds_little_and_not_for_long_for_a_client_that_does_not_read(narrow):
    """Connections inherit both from the socket that listens, which the test holds. Linux would keep 4 MiB, for long."""
    with Wire(narrow.port) as wire:
        assert wire.ask("GET", "/__ping__").status == 200
    # Linux doubles the number of bytes for its own bookkeeping.
    assert narrow.socket.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * 128 * 1024
    assert narrow.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


# What a connection may wait for.

IDLE_SECONDS = 4


def test_a_busy_connection_is_not_idle(own_stage):
    """Answers from memory count as use, as all others do."""
    server = own_stage.gatehouse(options=("--idle-timeout", f"{IDLE_SECONDS}s"))
    scene = play(server, own_stage.simulator())
    scene.credentials()
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": USER_SESSION_TOKEN, "subject_token": scene.token}
    body = urllib.parse.urlencode(form).encode()
    headers = {
        "Authorization": f"Key {scene.publisher.key}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    ends = time.monotonic() + 2 * IDLE_SECONDS
    pause = threading.Event()
    with Wire(server.port) as wire:
        while time.monotonic() < ends:
            assert wire.ask("POST", "/v1/oauth/integrations/credentials", headers, body).status == 200
            pause.wait(0.05)
        assert wire.is_at_end(), "closes when it is idle at last"


def test_a_connection_without_a_request_is_closed(own_stage):
    server = own_stage.gatehouse(options=("--idle-timeout", f"{IDLE_SECONDS}s"))
    with Wire(server.port) as silent, Wire(server.port) as slow:
        slow.send(b"GET /__ping__ HTTP/1.1\r\nHost: lo")
        assert silent.is_at_end()
        assert slow.is_at_end()


def test_a_body_that_drips_is_refused_and_one_that_has_brought_much_has_more_time(account):
    """A body has 30 s, and a second more for each 64 KiB of it that have arrived."""
    headers = {"Authorization": f"Key {account.admin.key}", "Content-Type": "application/json"}
    long = b" " * (15 * 64 * 1024)
    end = b'{"title": "Slow"}'
    with Wire(account.server.port) as fast, Wire(account.server.port) as dripping:
        fast.request("POST", "/v1/content", {**headers, "Content-Length": str(len(long) + len(end))}, long)
        dripping.request("POST", "/v1/content", {**headers, "Content-Length": "100000"})

        def is_refused() -> bool:
            dripping.send(b" ")
            return dripping.has_answer()

        wait_until(is_refused, "the server has waited long enough")
        refused = dripping.answer("POST")
        assert refused.status == 408 and refused.headers["Connection"] == "close"
        assert dripping.is_at_end()
        assert not fast.has_answer()
        fast.send(end)
        assert fast.answer("POST").status == 200


def test_a_slow_answer_is_waited_for(own_stage):
    """Time that the server takes is not the client's."""
    server = own_stage.gatehouse(options=("--idle-timeout", f"{IDLE_SECONDS}s"))
    provider = own_stage.simulator()
    scene = play(server, provider)
    provider.fault("token", "hold_after")
    headers = {
        "Authorization": f"Key {scene.publisher.key}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Cache-Control": "no-cache",
    }
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": USER_SESSION_TOKEN, "subject_token": scene.token}
    with Wire(server.port) as wire, Wire(server.port) as idle:
        wire.request("POST", "/v1/oauth/integrations/credentials", headers, urllib.parse.urlencode(form).encode())
        provider.await_held()
        assert idle.is_at_end(), "so long the server has waited for the provider"
        provider.release()
        assert wire.answer("POST").status == 200
