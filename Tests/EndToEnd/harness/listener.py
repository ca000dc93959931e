"""A web server inside the test: an attacker's endpoint, or an app behind the proxy. Keeps what it was asked."""

import dataclasses
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler

from .quiet_server import QuietServer


@dataclasses.dataclass
class Asked:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for given, value in self.headers if given.lower() == name.lower()]


class Listener:
    """Answers every request with `answer` as JSON, or, as an echo, with what it was asked."""

    def __init__(
        self, answer: dict | None = None, status: int = 200, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        """With `tls` it is at https://localhost."""
        listener = self
        self.asked: list[Asked] = []
        self.answer, self.status = answer, status

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, list(self.headers.items()), body)
                listener.asked.append(asked)
                echo = {"method": asked.method, "path": asked.path, "headers": asked.headers}
                echo["body"] = body.decode("latin-1")
                text = json.dumps(echo if listener.answer is None else listener.answer).encode()
                self.send_response(listener.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = handle_any

            def log_message(self, format: str, *arguments: object) -> None:
                """The test asserts on `asked`; nothing is printed."""

        self._server = QuietServer(Handler, port)
        self._host = "https://localhost" if tls else "http://127.0.0.1"
        if tls:
            # A handshake that fails is of one connection, in its own thread.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"{self._host}:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
