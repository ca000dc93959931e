"""moto's STS and IAM, behind the check that AWS makes and moto does not: the web identity token is verified.

The issuer must be an OIDC provider of the AWS account, its discovery document and keys are fetched, signature, times
and audience are checked, and the role's trust policy must allow what the token says.
Run as `python sts_server.py PORT FOLDER`; prints one line when ready. The /control paths belong to the tests.
"""

import io
import json
import sys
import threading
import time
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

DEADLINE_SECONDS = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]


class Refusal(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status

    @property
    def response(self) -> Response:
        kind = "Sender" if self.status < 500 else "Receiver"
        text = f"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>{kind}</Type>
<Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>
<RequestId>8c0a4e6e-0f0e-4a3c-8a57-1c1f5f0c7a11</RequestId></ErrorResponse>"""
        return Response(text, self.status, content_type="text/xml")


class Sts:
    """What was asked, what is to be refused, and how far the clock was moved."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.asked: list[dict] = []
        self.faults: list[dict] = []
        self.clock_offset = 0
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        request = Request(environ)
        if request.path.startswith("/control/"):
            return self.control(request)(environ, start_response)
        body = request.get_data(cache=True)
        # What was read is gone: moto reads its own copy.
        environ["wsgi.input"] = io.BytesIO(body)
        form = {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
        form |= dict(request.args) if request.method == "GET" else {}
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            try:
                self.check(form, request)
            except Refusal as refusal:
                return refusal.response(environ, start_response)
        return self.moto(environ, start_response)

    def check(self, form: dict, request: Request) -> None:
        with self.lock:
            signed = "Authorization" in request.headers
            self.asked.append({**form, "method": request.method, "signed": signed})
            fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise Refusal(fault["code"], fault["message"], fault["status"])
        for name in ("RoleArn", "RoleSessionName", "WebIdentityToken", "Version"):
            if not form.get(name):
                raise Refusal("ValidationError", f"1 validation error detected: {name} must not be null")
        claims = self.verified(form["WebIdentityToken"])
        self.require_trust(form["RoleArn"], claims)

    def verified(self, token: str) -> dict:
        try:
            unverified = json.loads(jwt_part(token, 1))
            issuer = unverified["iss"]
        except (ValueError, KeyError, TypeError, IndexError):
            raise Refusal("InvalidIdentityToken", "The ID Token provided is not a valid JWT.") from None
        provider = provider_of(issuer)
        if provider is None:
            raise Refusal("InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + issuer)
        try:
            document = requests.get(issuer + "/.well-known/openid-configuration", timeout=DEADLINE_SECONDS).json()
            if document["issuer"] != issuer:
                raise ValueError("issuer")
            keys = KeySet.import_key_set(requests.get(document["jwks_uri"], timeout=DEADLINE_SECONDS).json())
        except (requests.RequestException, ValueError, KeyError):
            raise Refusal("InvalidIdentityToken", "Couldn't retrieve verification key from your provider") from None
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise Refusal("InvalidIdentityToken", f"The token is not valid: {error}") from None
        now = time.time() + self.clock_offset
        if claims["exp"] <= now:
            raise Refusal("ExpiredTokenException", "Token expired")
        if claims["iat"] > now + 300:
            raise Refusal("InvalidIdentityToken", "The token is of the future")
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if not set(audience) & set(provider.client_id_list):
            raise Refusal("InvalidIdentityToken", "Incorrect token audience")
        return claims

    def require_trust(self, role_arn: str, claims: dict) -> None:
        denied = Refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
        for role in backend().roles.values():
            if role.arn == role_arn:
                break
        else:
            raise denied
        name = claims["iss"].removeprefix("https://").removeprefix("http://")
        for statement in json.loads(role.assume_role_policy_document)["Statement"]:
            wanted = statement.get("Condition", {}).get("StringEquals", {})
            if all(claims.get(key.removeprefix(name + ":")) == value for key, value in wanted.items()):
                return
        raise denied

    def control(self, request: Request) -> Response:
        body = json.loads(request.get_data() or b"{}")
        action = request.path.removeprefix("/control/")
        with self.lock:
            if action == "faults":
                self.faults += [body] * body.pop("times", 1)
            elif action == "clear-faults":
                self.faults = []
            elif action == "clock":
                self.clock_offset = body["offset"]
            elif action == "oidc-provider":
                backend().create_open_id_connect_provider(
                    url=body["issuer"], client_id_list=body["audiences"], thumbprint_list=["0" * 40], tags=[]
                )
            elif action != "asked":
                return Response(json.dumps({"error": "no such action"}), 404)
            return Response(json.dumps({"asked": self.asked}), content_type="application/json")


def backend():
    return iam_backends["123456789012"]["aws"]


def provider_of(issuer: str):
    for provider in backend().open_id_providers.values():
        if provider.url.removeprefix("https://") == issuer.removeprefix("https://").removeprefix("http://"):
            return provider
        if provider.url == issuer:
            return provider
    return None


def jwt_part(token: str, index: int) -> bytes:
    from joserfc.util import urlsafe_b64decode

    return urlsafe_b64decode(token.split(".")[index].encode())


class QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *arguments: object) -> None:
        """Requests carry tokens: nothing is logged."""


def main() -> None:
    port = int(sys.argv[1])
    server = make_server("127.0.0.1", port, Sts(), threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
