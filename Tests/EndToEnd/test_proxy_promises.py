"""The table of promises in deploy/README.md: nginx, Caddy and HAProxy keep the same ones."""

import json
import re
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from harness.account import SESSION_HEADER, Person
from harness.browser import Browser, form_with
from harness.listener import Listener
from harness.simulator import REPOSITORY
from harness.site import PROXIES, EchoSocket, Site, echoed, headers_of, raw_get
from harness.tls import Authority
from harness.waiting import free_port

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def authority(stage) -> Authority:
    return Authority(stage.folder("authority"))


@pytest.fixture(scope="module", params=PROXIES, ids=PROXIES)
def site(stage, authority, request) -> Site:
    """Both origins behind the proxy. Bundles have 3 MiB at most, which is less than the proxy's own limit."""
    size = ("--max-bundle-size", "3MiB")
    site = Site(stage, request.param, base_port=free_port(), authority=authority.certificate, options=size)
    site.kind = request.param
    return site


@pytest.fixture
def viewer(site) -> Browser:
    answer = site.scene.viewer.browser.get(site.url())
    assert answer.status_code == 200, answer.text
    return site.scene.viewer.browser


@pytest.fixture
def upstream(site):
    """Puts another address in the place of the content's own, for one test."""
    yield site.set_upstream
    site.set_upstream(site.app.origin)


class RawApp:
    """A publisher's program that answers every request with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                read_head(connection)
                connection.sendall(self._answer)

    def stop(self) -> None:
        # Ends the accept() that waits in the other thread, which close() alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Relay:
    """A publisher's program that passes every connection on to another port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            onward = socket.create_connection(("127.0.0.1", self._port))
            for source, target in ((connection, onward), (onward, connection)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            source.close()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
        head += data
    return head


def send_raw(origin: str, request: str) -> int:
    """The status that exactly these bytes are answered with."""
    with socket.create_connection(("127.0.0.1", urlsplit(origin).port), timeout=20) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        head = read_head(connection)
        return int(head.split(b" ", 2)[1])


# Headers.

NGINX = (REPOSITORY / "deploy/nginx/gatehouse-content.conf").read_text()
CADDY = (REPOSITORY / "deploy/caddy/Caddyfile").read_text()
HAPROXY = (REPOSITORY / "deploy/haproxy/haproxy.cfg").read_text()
# What the proxies themselves tell content, so that a client's is replaced and not only dropped.
TOLD = {"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-IP", SESSION_HEADER}


def set_by_nginx(location: str, value: str = ".*") -> list[str]:
    block = NGINX.split(f"    location {location} {{", 1)[1].split("\n    }", 1)[0]
    return re.findall(rf"proxy_set_header (\S+) {value};", block)


def dropped_by_nginx(location: str) -> list[str]:
    return set_by_nginx(location, '""')


FAMILIES = sorted(re.findall(r"request_header -([A-Za-z-]+-)\*\n", CADDY))
NAMES = sorted({*dropped_by_nginx("/"), *TOLD})
MADE_UP = [f"{family}Whatever" for family in FAMILIES]


def in_a_family(name: str) -> bool:
    return any(name.lower().startswith(family.lower()) for family in FAMILIES)


def test_the_three_configurations_drop_the_same_headers():
    haproxy = HAPROXY.split("frontend gatehouse-content", 1)[1]
    families = re.findall(r"http-request del-header (\S+-) -m beg\n", haproxy)
    assert sorted(families) == FAMILIES
    # Gatehouse refuses the same families where a proxy asks with them, for nginx knows only names.
    source = (REPOSITORY / "Sources/Web/Gateway/ProxiedRequest.swift").read_text()
    refused = re.search(r"reservedFamilies = \[(.*?)\]", source, re.DOTALL)[1]
    assert sorted(re.findall(r'"(.+?)"', refused)) == sorted(family.lower() for family in FAMILIES)
    caddy_names = set(re.findall(r"request_header -([A-Za-z0-9-]+)\n", CADDY))
    haproxy_names = set(re.findall(r"http-request del-header ([A-Za-z0-9-]+)\n", HAPROXY))
    nginx_names = {name for name in dropped_by_nginx("/") if not in_a_family(name)}
    # What is made anew instead, each in its own way.
    made_anew = {"Connection", "Upgrade", "X-Real-IP", "X-Correlation-ID"}
    assert caddy_names - made_anew == haproxy_names - made_anew == nginx_names - made_anew


def test_nginx_leaves_nothing_out_of_its_question_that_content_could_get():
    asked_with = set(filter(in_a_family, set_by_nginx("= /__gatehouse_authorize")))
    assert asked_with == set(filter(in_a_family, set_by_nginx("/"))) - {"X-Forwarded-Prefix"}


def spelled(name: str) -> list[str]:
    return [
        name,
        name.lower(),
        name.upper(),
        name.replace("-", "_"),
        name.upper().replace("-", "_"),
        name.replace("-", "."),
    ]


def test_no_identity_header_of_the_client_reaches_content(site, viewer):
    assert len(NAMES) > 90
    # Not all at once: HAProxy takes 101 lines.
    for start in range(0, len(NAMES), 10):
        names = NAMES[start : start + 10]
        for spoofed in zip(*map(spelled, names), strict=True):
            echo = echoed(viewer.get(site.url(), headers=dict.fromkeys(spoofed, "spoofed")))
            assert "spoofed" not in json.dumps(echo), echo
            given = {name for name, _ in echo["headers"] if name.lower() in {name.lower() for name in names}}
            assert {name.lower() for name in given} <= {name.lower() for name in TOLD}


@pytest.mark.parametrize("name", MADE_UP)
def test_no_header_of_a_family_reaches_content_whatever_its_name(site, viewer, name):
    for spelling in spelled(name):
        before = len(site.app.asked)
        answer = viewer.get(site.url(), headers={spelling: "spoofed"})
        # nginx cannot drop what it does not know by name, so that Gatehouse refuses the request.
        is_refused = site.kind == "nginx" and re.fullmatch("[A-Za-z-]+", spelling)
        assert answer.status_code == (400 if is_refused else 200), f"{spelling}: {answer.text}"
        assert is_refused is None or not is_refused or "may be set by this server alone" in answer.text
        assert len(site.app.asked) == before + (0 if is_refused else 1)
        assert b"spoofed" not in answer.content


def test_headers_of_the_clients_own_pass(site, viewer):
    own = {"X-Requested-With": "XMLHttpRequest", "X-CSRF-Token": "x", "Accept-Language": "de", "X-Connect-Y": "z",
           "Origin": site.proxy.origin, "If-None-Match": '"x"', "Range": "bytes=0-", "HX-Request": "true"}  # fmt: skip
    echo = echoed(viewer.get(site.url(), headers=own))
    for name, value in own.items():
        assert headers_of(echo, name) == [value]


def test_the_same_holds_for_the_handshake_of_a_websocket(site, viewer, upstream, own_stage):
    upstream(own_stage.keep(EchoSocket()).origin)
    url = site.url("/ws").replace("http://", "ws://")
    cookie = {"Cookie": viewer.cookie_header(site.url())}
    for start in range(0, len(NAMES), 30):
        spoofed = dict.fromkeys(NAMES[start : start + 30], "spoofed")
        with connect(url, additional_headers=cookie | spoofed, proxy=None) as ws:
            ws.send("hello")
            answer = json.loads(ws.recv(timeout=10))
            assert "spoofed" not in json.dumps(answer)
            assert len(headers_of(answer, SESSION_HEADER)) == 1


# Upstreams with TLS.


def test_content_with_a_certificate_that_is_trusted_is_passed_on_to(site, viewer, upstream, authority, own_stage):
    app = own_stage.keep(Listener(tls=authority.context("localhost")))
    upstream(app.origin)
    echo = echoed(viewer.get(site.url("/x?y=1")))
    assert echo["path"] == "/x?y=1" and len(headers_of(echo, SESSION_HEADER)) == 1
    upstream(own_stage.keep(EchoSocket(tls=authority.context("localhost"))).origin)
    cookie = {"Cookie": viewer.cookie_header(site.url())}
    with connect(site.url("/ws").replace("http://", "ws://"), additional_headers=cookie, proxy=None) as ws:
        ws.send("hello")
        assert json.loads(ws.recv(timeout=10))["message"] == "hello"


IMPOSTORS = {
    "self-signed": {"name": "localhost", "signed": False},
    "another name": {"name": "elsewhere.example"},
    "expired": {"name": "localhost", "days": -1},
}


@pytest.mark.parametrize("kind", IMPOSTORS)
def test_an_impostor_gets_nothing_of_the_viewer(site, viewer, upstream, authority, own_stage, kind):
    app = own_stage.keep(Listener(tls=authority.context(**IMPOSTORS[kind])))
    for origin in (app.origin, app.origin.replace("localhost", "127.0.0.1")):
        upstream(origin)
        answer = viewer.get(site.url("/x"))
        assert answer.status_code == 502 and "process does not answer" in answer.text, answer.text
        url = site.url("/ws").replace("http://", "ws://")
        with pytest.raises(InvalidStatus) as refused:
            connect(url, additional_headers={"Cookie": viewer.cookie_header(site.url())}, proxy=None)
        assert refused.value.response.status_code == 502
    assert app.asked == []


# Paths.

CLIMBING = [
    "/..%2f..%2findex.html",
    "/..%2F..%2F",
    "/%2e%2e%2findex.html",
    "/.%2e%2f..%2f",
    "/a%2f..%2f..%2f..%2f",
    "/a/..",
    "/../../index.html",
    "/..%5c..%5cx",
    "/..\\x",
    "/a%2f.",
    "/%2e",
    "/..%2f..%2f__gatehouse_authorize",
    "/..%2f..%2f__gatehouse_ticket",
    "/..%2f..%2f..%2f..%2f..%2fetc/passwd",
]


@pytest.mark.parametrize("rest", CLIMBING)
def test_a_dot_segment_is_refused_however_it_is_written(site, viewer, rest):
    before = len(site.app.asked)
    status, body = raw_get(viewer, site.url(rest))
    assert status == 400, body
    assert len(site.app.asked) == before


ODD = [
    "/a..b",
    "/..a/b",
    "/a%2f..b",
    "/...",
    "/a%2F%2Fb",
    "/a%5Cb",
    "/index.html",
    "/a//index.html",
    "/%5f%5fgatehouse__/ticket",
    "//__gatehouse__/ticket",
    "/x?y=/../z",
    "/x?y=..%2f",
    "/%252e%252e%252fx",
    "/..;/x",
]


@pytest.mark.parametrize("rest", ODD)
def test_a_path_that_only_looks_like_one_reaches_content(site, viewer, rest):
    status, body = raw_get(viewer, site.url(rest))
    # Python's server takes two slashes at the beginning for one.
    assert status == 200 and json.loads(body)["path"] == re.sub("^//", "/", rest)


def test_content_is_at_its_own_path_alone(site, viewer):
    before = len(site.app.asked)
    guid = site.content["guid"]
    for path in (
        "/",
        "/index.html",
        f"/content/{guid}x/",
        f"/content//{guid}/",
        f"/Content/{guid}/",
        f"/content%2f{guid}/",
        f"/content/{guid}%2f",
        "/__gatehouse_authorize",
        "/__gatehouse_ticket",
    ):
        assert raw_get(viewer, site.proxy.origin + path)[0] == 404, path
    assert len(site.app.asked) == before


# Long addresses.

KIB = 1024
LONG = {
    "a list": "ids=" + ",".join(str(number) for number in range(10_000, 11_364)),
    "pairs": "&".join(["a=b"] * 2048) + "x",
    "ampersands": "&" * 8 * KIB,
    "escapes": "%25" * 2730 + "xx",
}


class BehindProxy:
    """An installation of which people reach the pages through the proxy too, and content that needs a login."""

    def __init__(self, stage, kind: str) -> None:
        base, content = free_port(), free_port()
        self.server = stage.gatehouse(start=False, content_port=content)
        self.server.base_url = f"http://localhost:{base}"
        self.server.start()
        self.proxy = stage.keep(PROXIES[kind](stage.folder("proxy"), self.server.listen, content, base))
        self.app = stage.keep(Listener())
        self.provider = stage.simulator("databricks")
        self.account = self.server.create_account()
        source = self.account.add_integration(self.provider)
        publisher = self.account.add("publisher")
        self.content = self.account.add_content(publisher, source, upstream_url=self.app.origin)

    def url(self, rest: str) -> str:
        return self.server.content_address(self.content, rest)

    def person(self) -> Person:
        """Somebody who is known at the provider, and whose browser has been nowhere."""
        person = self.account.add("viewer")
        person.accept_invite()
        self.provider.add_user(person.email.split("@")[0])
        person.browser = Browser()
        return person

    def arrive(self, person: Person, rest: str) -> requests.Response:
        """The whole way to the content: signs in, and logs in at the provider."""
        form = form_with(person.browser.get(self.url(rest)), "email", "password")
        page = person.browser.submit(form, email=person.email, password=person.password)
        assert "Log in for" in page.text, page.url[:200]
        return person.log_in_for_content(self.provider, page, person.email.split("@")[0])


@pytest.fixture(scope="module", params=PROXIES, ids=PROXIES)
def behind(stage, request) -> BehindProxy:
    return BehindProxy(stage, request.param)


@pytest.mark.parametrize("kind", LONG)
def test_8_kib_of_query_are_kept_through_sign_in_and_login(behind, kind):
    rest = "/deep/page?" + LONG[kind]
    assert 8 * KIB - 8 < len(LONG[kind]) <= 8 * KIB
    person = behind.person()
    landed = behind.arrive(person, rest)
    assert landed.url == behind.url(rest) and echoed(landed)["path"] == rest
    at_pages = person.browser.get(behind.server.base_url + urlsplit(behind.url("")).path + rest)
    assert at_pages.url == behind.url(rest) and echoed(at_pages)["path"] == rest


@pytest.fixture(scope="module")
def insider(behind) -> Person:
    person = behind.person()
    assert echoed(behind.arrive(person, "/"))["path"] == "/"
    return person


# The last ones are more than Gatehouse is asked about, and than nginx reads.
@pytest.mark.parametrize("length", [8 * KIB + 1, 11 * KIB, 13 * KIB, 15 * KIB, 20 * KIB, 40 * KIB])
def test_a_longer_address_is_a_414_that_says_so(behind, insider, length):
    rest = "/page?" + "x" * length
    before = len(behind.app.asked)
    viewer = insider.browser
    for browser in (viewer, Browser()):
        for accepted in ("text/html", "*/*"):
            answer = browser.get(behind.url(rest), follow=False, headers={"Accept": accepted})
            assert answer.status_code == 414, answer.text[:200]
            assert "too long: 8 KiB of query can be passed on" in answer.text
    at_pages = viewer.get(behind.server.base_url + urlsplit(behind.url("")).path + rest, follow=False)
    assert at_pages.status_code == 414 and "too long: 8 KiB of query can be passed on" in at_pages.text
    assert len(behind.app.asked) == before


# Upgrades and tunnels.

SOCKET = "\nConnection: Upgrade\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
HOSTILE = {
    "h2c": "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "TLS": "Connection: upgrade\nUpgrade: TLS/1.0, HTTP/1.1",
    "h2c, then WebSocket": "Upgrade: h2c, websocket" + SOCKET,
    "WebSocket, then h2c": "Upgrade: websocket, h2c" + SOCKET,
    "two lines": "Upgrade: h2c\nUpgrade: websocket" + SOCKET,
    "two lines the other way": "Upgrade: websocket\nUpgrade: h2c" + SOCKET,
}


@pytest.mark.parametrize("kind", [*HOSTILE, "WebSocket"])
def test_an_upgrade_does_not_silence_the_connections_of_others(site, kind):
    """The proxy's connections to Gatehouse are shared, and Gatehouse may stop reading one after such a request."""
    ticket = f"/content/{site.content['guid']}/__gatehouse__/ticket?ticket=x&to=/content/{site.content['guid']}/"
    lines = HOSTILE.get(kind, "Upgrade: websocket" + SOCKET)
    for _ in range(4):
        pages = f"GET /healthz HTTP/1.1\nHost: {urlsplit(site.pages).netloc}\n{lines}\n\n"
        assert send_raw(site.pages, pages) == 200
        host = urlsplit(site.proxy.origin).netloc
        assert send_raw(site.proxy.origin, f"GET {ticket} HTTP/1.1\nHost: {host}\n{lines}\n\n") == 400
        question = f"GET /content/{site.content['guid']}/ HTTP/1.1\nHost: {host}\n{lines}\n\n"
        assert send_raw(site.proxy.origin, question)
        for _ in range(3):
            assert requests.get(f"{site.pages}/healthz", timeout=10).status_code == 200
            assert requests.get(site.proxy.origin + ticket, allow_redirects=False, timeout=10).status_code == 400
            assert requests.get(site.url(), allow_redirects=False, timeout=10).status_code == 401


@pytest.mark.parametrize("name", PROXIES)
def test_gatehouse_is_asked_for_no_other_protocol(own_stage, name):
    content, pages = free_port(), free_port()
    gatehouse = own_stage.keep(Listener(status=403))
    own_stage.keep(PROXIES[name](own_stage.folder("proxy"), urlsplit(gatehouse.origin).netloc, content, pages))
    guid = "00000000-0000-8000-8000-000000000000"
    for lines in (*HOSTILE.values(), "Upgrade: websocket" + SOCKET):
        gatehouse.asked.clear()
        for host, path in (
            (f"localhost:{pages}", "/v1/user"),
            (f"127.0.0.1:{content}", f"/content/{guid}/__gatehouse__/ticket"),
            (f"127.0.0.1:{content}", f"/content/{guid}/"),
        ):
            assert send_raw(f"http://{host}", f"GET {path} HTTP/1.1\nHost: {host}\n{lines}\n\n") == 403
        assert len(gatehouse.asked) == 3
        for asked in gatehouse.asked:
            assert asked.header("Upgrade") == asked.header("HTTP2-Settings") == [], f"{asked.path} {lines}"
            assert "upgrade" not in ", ".join(asked.header("Connection")).lower()


@pytest.mark.parametrize("kind", HOSTILE)
def test_content_is_asked_for_no_other_protocol_than_websockets(site, viewer, kind):
    host = urlsplit(site.proxy.origin).netloc
    head = f"GET /content/{site.content['guid']}/up HTTP/1.1\nHost: {host}\nCookie: {viewer.cookie_header(site.url())}"
    assert send_raw(site.proxy.origin, f"{head}\n{HOSTILE[kind]}\n\n") == 200
    asked = site.app.asked[-1]
    assert asked.path == "/up" and asked.header("HTTP2-Settings") == []
    # Of two lines nginx sees the first, and it alone is passed on.
    wanted = ["websocket"] if site.kind == "nginx" and kind == "two lines the other way" else []
    assert asked.header("Upgrade") == wanted


@pytest.mark.parametrize("target", ["127.0.0.1:80", "localhost:443", "elsewhere.example:443", "/"])
def test_connect_is_refused(site, target):
    before = len(site.app.asked)
    for origin in (site.proxy.origin, site.pages):
        for host in {urlsplit(origin).netloc, target if target != "/" else "elsewhere.example"}:
            assert send_raw(origin, f"CONNECT {target} HTTP/1.1\nHost: {host}\n\n") == 400, f"{origin} {host}"
    assert len(site.app.asked) == before


def test_another_host_is_not_served_by_either_origin(site):
    for origin in (site.proxy.origin, site.pages):
        for host in ("evil.example", f"evil.example:{urlsplit(origin).port}", "127.0.0.1.evil.example"):
            assert requests.get(f"{origin}/healthz", headers={"Host": host}, timeout=10).status_code == 421


# Loops.


def test_a_request_that_comes_back_to_the_proxy_is_refused(site, viewer, upstream, own_stage):
    content_port = urlsplit(site.proxy.origin).port
    refused = site.scene.publisher.api(
        "PATCH", f"v1/content/{site.content['guid']}", json={"upstream_url": f"http://127.0.0.1:{content_port}"}
    )
    assert refused.status_code == 400 and "own process" in refused.json()["error"]
    # A publisher's program can still lead there. What is for everybody would be asked for again and again.
    public = site.scene.account.add_content(site.scene.publisher, access_type="all", upstream_url=site.app.origin)
    upstream(own_stage.keep(Relay(content_port)).origin)
    before = len(site.app.asked)
    answer = viewer.get(site.url(f"/content/{public['guid']}/x"), follow=False)
    assert answer.status_code == 508 and "leads back to this server" in answer.text
    assert len(site.app.asked) == before


def test_names_that_are_in_cdn_loop_stay_there(site, viewer):
    echo = echoed(viewer.get(site.url(), headers={"CDN-Loop": "cdn.example; x=1"}))
    assert headers_of(echo, "CDN-Loop") == ["cdn.example; x=1, gatehouse"]
    assert headers_of(echoed(viewer.get(site.url())), "CDN-Loop") == ["gatehouse"]
    for name in ("gatehouse", "cdn.example, Gatehouse ; x=1"):
        assert viewer.get(site.url(), headers={"CDN-Loop": name}).status_code == 508


def test_gatehouse_says_why_it_refuses_a_loop_or_a_header(site, viewer):
    headers = {"X-Original-URI": f"/content/{site.content['guid']}/", "Cookie": viewer.cookie_header(site.url())}
    assert site.server.get("/v1/gateway/authorize", headers=headers).status_code == 200
    loop = site.server.get("/v1/gateway/authorize", headers=headers | {"CDN-Loop": "gatehouse"})
    assert (loop.status_code, loop.json()["code"]) == (508, 508) and "upstream_url" in loop.json()["error"]
    made_up = site.server.get("/v1/gateway/authorize", headers=headers | {"x-auth-request-whatever": "x"})
    assert (made_up.status_code, made_up.json()["code"]) == (400, 25)
    assert "x-auth-request-whatever" in made_up.json()["error"]


def test_an_upstream_where_a_listener_was_moved_to_is_not_asked(site, own_stage):
    own = Site(own_stage, site.kind)
    port = free_port()
    own.set_upstream(f"http://localhost:{port}")
    own.server.options = ("--metrics-listen", f"127.0.0.1:{port}")
    own.server.restart()
    answer = own.scene.viewer.browser.get(own.url("/metrics"))
    assert answer.status_code == 508 and "leads back to this server" in answer.text


# Answers.


def answer(*lines: str, body: bytes = b"whole", status: str = "200 OK") -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def test_long_headers_of_content_pass(site, viewer, upstream, own_stage):
    cookie, policy = "app=" + "c" * 4050, "default-src " + "p" * 5000
    more = [f"X-Long-{number}: {'x' * 4000}" for number in range(5)]
    app = RawApp(answer(f"Set-Cookie: {cookie}", f"Content-Security-Policy: {policy}", *more))
    upstream(own_stage.keep(app).origin)
    # The browser would keep the cookie.
    cookies = {"Cookie": viewer.cookie_header(site.url())}
    got = requests.get(site.url("/x"), headers=cookies, timeout=10)
    assert (got.status_code, got.text) == (200, "whole")
    assert got.headers["Set-Cookie"] == cookie and got.headers["Content-Security-Policy"] == policy
    assert all(len(got.headers[f"X-Long-{number}"]) == 4000 for number in range(5))


PAGE = "<!doctype html><meta charset=windows-1252><title>Menü €</title>".encode("windows-1252")


@pytest.mark.parametrize(
    "kind", ["text/html", "text/plain", "text/html; charset=windows-1252", "application/javascript", None]
)
def test_the_charset_of_content_is_its_own(site, viewer, upstream, own_stage, kind):
    lines = [f"Content-Type: {kind}"] if kind else []
    upstream(own_stage.keep(RawApp(answer(*lines, body=PAGE))).origin)
    got = viewer.get(site.url("/x"))
    assert (got.content, got.headers.get("Content-Type")) == (PAGE, kind)


def test_the_charset_of_the_pages_is_their_own(site):
    for path in ("/healthz", "/openapi.json", "/v1/user", f"/accounts/{site.scene.account.slug}/sign-in", "/nowhere"):
        direct = requests.get(f"http://{site.server.listen}{path}", timeout=10)
        through = requests.get(site.pages + path, timeout=10)
        assert (through.status_code, through.headers["Content-Type"]) == (
            direct.status_code,
            direct.headers["Content-Type"],
        )


def test_content_that_is_down_is_a_502(site, viewer, upstream):
    upstream(f"http://127.0.0.1:{free_port()}")
    got = viewer.get(site.url("/x"))
    assert got.status_code == 502 and "process does not answer" in got.text


# Early refusals.


def pieces(size: int):
    for _ in range(size // MIB):
        yield b"x" * MIB


def refused_early(origin: str, person, content: dict, sent: str) -> None:
    """A body of 40 MB is refused while it is still on its way: the sender gets to know why."""
    bundles = f"v1/content/{content['guid']}/bundles"
    for path in ("v1/content", bundles) if sent == "with its length" else ("v1/content",):
        data = b"x" * (40 * MIB) if sent == "with its length" else pieces(40 * MIB)
        headers = {"Authorization": f"Key {person.key}", "Content-Type": "application/json"}
        got = requests.post(f"{origin}/__api__/{path}", data=data, headers=headers, timeout=60)
        assert got.status_code == 413, got.text


@pytest.mark.parametrize("sent", ["with its length", "in chunks"])
def test_an_early_refusal_can_be_read_through_the_proxy(site, sent):
    refused_early(site.pages, site.scene.publisher, site.content, sent)


@pytest.mark.parametrize("sent", ["with its length", "in chunks"])
def test_an_early_refusal_can_be_read_directly(own_stage, sent):
    server = own_stage.gatehouse(options=("--max-bundle-size", "3MiB"))
    person = server.create_account().add("publisher")
    refused_early(f"http://{server.listen}", person, person.api.ok("POST", "v1/content", json={}), sent)


def test_content_too_large_for_the_proxy_is_a_413(site, viewer):
    cookies = {"Cookie": viewer.cookie_header(site.url())}
    got = requests.post(site.url("/x"), data=b"x" * (101 * MIB), headers=cookies, timeout=60)
    assert got.status_code == 413
    assert echoed(viewer.get(site.url()))["path"] == "/", "and the next one is answered"


# What a publisher may set. Here the proxies have no part.


def test_no_spelling_of_an_own_address_is_an_upstream(own_stage):
    metrics, pages, content = free_port(), free_port(), free_port()
    server = own_stage.gatehouse(start=False, content_port=content)
    loopback = (
        "127.0.0.2",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "localhost.",
        "a.localhost",
        "ip6-localhost",
    )
    allowed = [
        option
        for host in ("127.0.0.2", "0.0.0.0", "a.localhost", "ip6-localhost")
        for option in ("--allow-upstream", host)
    ]
    server.options = ("--metrics-listen", f"127.0.0.1:{metrics}", "--base-url", f"http://localhost:{pages}", *allowed)
    server.start()
    publisher = server.create_account().add("publisher")
    path = f"v1/content/{publisher.api.ok('POST', 'v1/content', json={})['guid']}"
    for port in (server.port, metrics, pages, content):
        for host in ("127.0.0.1", "localhost", "LOCALHOST", "[::1]", *loopback):
            for scheme in ("http", "https"):
                body = {"upstream_url": f"{scheme}://{host}:{port}"}
                refused = publisher.api("PATCH", path, json=body)
                assert refused.status_code == 400 and refused.json()["payload"]["field"] == "upstream_url", body
    other = publisher.api.ok("PATCH", path, json={"upstream_url": f"http://127.0.0.2:{free_port()}"})
    assert other["upstream_url"].startswith("http://127.0.0.2:")
