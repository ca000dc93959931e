"""Content behind a proxy: a server, the proxy, an app, and a viewer who is signed in and logged in at the provider."""

import http.client
import json
import ssl
import threading
from pathlib import Path
from urllib.parse import urlsplit

import requests
from websockets.sync.server import serve

from .browser import Browser
from .caddy import Caddy
from .haproxy import HAProxy
from .listener import Listener
from .nginx import Nginx
from .proxy import Proxy
from .scene import play
from .waiting import DEADLINE_SECONDS, free_port

PROXIES: dict[str, type[Proxy]] = {"nginx": Nginx, "caddy": Caddy, "haproxy": HAProxy}


class EchoSocket:
    """A WebSocket app: answers each message with the message and the headers of its handshake."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """With `tls` it is at https://localhost."""
        self._server = serve(self._talk, "127.0.0.1", 0, ssl=tls)
        host = "https://localhost" if tls else "http://127.0.0.1"
        self.origin = f"{host}:{self._server.socket.getsockname()[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _talk(self, connection) -> None:
        for message in connection:
            headers = list(connection.request.headers.raw_items())
            connection.send(json.dumps({"message": message, "path": connection.request.path, "headers": headers}))

    def stop(self) -> None:
        self._server.shutdown()


class Site:
    """Gatehouse, a proxy, an app, and a viewer who is signed in and logged in at the provider."""

    def __init__(
        self,
        stage,
        proxy: str,
        base_port: int | None = None,
        authority: Path | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        """With a `base_port` the pages are behind the proxy too. An `authority` is trusted by it."""
        port = free_port()
        self.server = stage.gatehouse(content_port=port, options=options)
        self.pages = f"http://localhost:{base_port}"
        self.app = stage.keep(Listener())
        kind = PROXIES[proxy]
        folder = stage.folder("proxy")
        self.proxy = stage.keep(kind(folder, self.server.listen, port, base_port, authority=authority))
        self.scene = play(self.server, stage.simulator("databricks"))
        self.set_upstream(self.app.origin)
        self.content = self.scene.content

    def set_upstream(self, origin: str) -> None:
        path = f"v1/content/{self.scene.content['guid']}"
        self.scene.publisher.api.ok("PATCH", path, json={"upstream_url": origin})

    def url(self, rest: str = "/", content: dict | None = None) -> str:
        return f"{self.proxy.origin}/content/{(content or self.content)['guid']}{rest}"


def echoed(answer: requests.Response) -> dict:
    assert answer.status_code == 200, f"{answer.status_code} {answer.url} {answer.text[:500]}"
    return answer.json()


def headers_of(echo: dict, name: str) -> list[str]:
    return [value for given, value in echo["headers"] if given.lower() == name.lower()]


def raw_get(browser: Browser, url: str) -> tuple[int, bytes]:
    """GET of exactly this path: no client in between tidies it up."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_SECONDS)
    connection.putrequest("GET", url.split(parts.netloc, 1)[1], skip_accept_encoding=True)
    cookie = browser.cookie_header(f"{parts.scheme}://{parts.netloc}{'/'.join(parts.path.split('/')[:3])}/")
    connection.putheader("Cookie", cookie)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()
