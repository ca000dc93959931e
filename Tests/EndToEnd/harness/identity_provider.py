"""A small OpenID provider inside the test, which does as it is told: also what no honest one would do."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from . import seeded
from .quiet_server import QuietServer
from .waiting import DEADLINE_SECONDS


class IdentityProvider:
    """Whoever comes is `person`, at once. `claims` go over what an honest id_token has; `None` takes a claim out."""

    def __init__(self) -> None:
        self.client_id, self.client_secret = "gatehouse-" + seeded.token_hex(4), seeded.token_urlsafe(24)
        self.person: dict = {"sub": seeded.token_hex(8), "email": "ann@corp.example", "email_verified": True}
        self.claims: dict = {}
        self.user_info: dict | None = None
        self.metadata: dict = {}
        self.answer: dict = {}
        """Over what the browser takes back: `iss`, `error`."""
        self.keys = [RSAKey.generate_key(2048, auto_kid=True)]
        self.published: list | None = None
        self.header: dict = {}
        self.token: str | None = None
        self.key_answer: tuple[int, bytes] | None = None
        self.hold: threading.Event | None = None
        self.hold_token: threading.Event | None = None
        self.asked: list[str] = []
        self.codes: dict[str, dict] = {}
        self.tokens: list[str] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def reply(self, status: int, body: bytes, headers: dict | None = None) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {"Content-Type": "application/json"}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """The test asserts on `asked`; nothing is printed."""

        self._server = QuietServer(Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.issuer = self.origin
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        for hold in (self.hold, self.hold_token):
            if hold is not None:
                hold.set()
        self._server.shutdown()
        self._server.server_close()

    # What it says.

    def document(self) -> dict:
        own = {
            "issuer": self.issuer,
            "authorization_endpoint": self.origin + "/authorize",
            "token_endpoint": self.origin + "/token",
            "jwks_uri": self.origin + "/keys",
            "userinfo_endpoint": self.origin + "/userinfo",
            "end_session_endpoint": self.origin + "/end",
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return {name: value for name, value in (own | self.metadata).items() if value is not None}

    def jwks(self) -> dict:
        shown = self.keys if self.published is None else self.published
        return {"keys": [{"use": "sig", **key.as_dict(private=False)} for key in shown]}

    def get(self, handler) -> None:
        url = urlsplit(handler.path)
        self.asked.append(url.path)
        if url.path == "/.well-known/openid-configuration":
            handler.reply(200, json.dumps(self.document()).encode())
        elif url.path == "/keys":
            status, body = self.key_answer or (200, json.dumps(self.jwks()).encode())
            if self.hold is not None:
                self.hold.wait(DEADLINE_SECONDS)
            handler.reply(status, body)
        elif url.path == "/authorize":
            self.authorize(handler, {name: values[0] for name, values in parse_qs(url.query).items()})
        elif url.path == "/userinfo" and handler.headers.get("Authorization", "")[7:] in self.tokens:
            handler.reply(200, json.dumps(self.user_info or {"sub": self.person["sub"]}).encode())
        else:
            handler.reply(404, b"{}")

    def authorize(self, handler, query: dict) -> None:
        code = seeded.token_urlsafe(24)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], **self.answer}
        back = {name: value for name, value in back.items() if value is not None}
        location = query["redirect_uri"] + "?" + urlencode(back)
        handler.reply(302, b"", {"Location": location})

    def post(self, handler) -> None:
        self.asked.append(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        if handler.path != "/token" or asked is None:
            handler.reply(400, b'{"error": "invalid_grant"}')
            return
        if "code_challenge" not in asked or "code_verifier" not in form:
            handler.reply(400, b'{"error": "invalid_request"}')
            return
        if self.hold_token is not None:
            self.hold_token.wait(60)
        access = seeded.token_urlsafe(24)
        self.tokens.append(access)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
        answer["id_token"] = self.id_token(asked)
        handler.reply(200, json.dumps(answer).encode())

    def id_token(self, asked: dict) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        token = self.token or self.sign(claims)
        self.tokens.append(token)
        return token

    def sign(self, claims: dict) -> str:
        key = self.keys[0]
        algorithm = {"RSA": "RS256", "EC": "ES256"}[key.key_type]
        header = {"alg": algorithm, "kid": key.kid, **self.header}
        header = {name: value for name, value in header.items() if value is not None}
        if header["alg"] == "none":
            return unsigned(header, claims)
        if header["alg"].startswith("HS"):
            key = OctKey.import_key(self.client_secret)
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def unsigned(header: dict, claims: dict) -> str:
    coded = [jwt_part(header), jwt_part(claims)]
    return ".".join([*coded, ""])


def jwt_part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def elliptic() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)
