"""An authorization server that says about itself what the test wants, at the places where documents are looked for."""

import json
import threading
from http.server import BaseHTTPRequestHandler

from .quiet_server import QuietServer

RFC_8414 = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"


class MetadataServer:
    """Answers GET of `place` with the document, a redirect, or any bytes; everything else is 404."""

    def __init__(self, place: str = RFC_8414) -> None:
        server = self
        self.place = place
        self.document: dict = {}
        self.body: bytes | None = None
        self.redirect: str | None = None

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path != server.place:
                    return self.answer(404, b"{}")
                if server.redirect:
                    return self.answer(302, b"", Location=server.redirect)
                return self.answer(200, server.body or json.dumps(server.document).encode())

            def answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, format: str, *arguments: object) -> None:
                """The test asserts on the answers; nothing is printed."""

        self._server = QuietServer(Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.document = self.honest()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def honest(self, path: str = "", **changes) -> dict:
        """A document about `issuer` followed by `path`; a change to None leaves a member out."""
        document = {
            "issuer": self.issuer + path,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "revocation_endpoint": f"{self.issuer}/revoke",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
        }
        return {name: value for name, value in {**document, **changes}.items() if value is not None}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
