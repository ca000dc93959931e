"""canaille as an authorization server: sends and advertises `iss`, enforces the client's auth method.

Run as `python canaille_server.py PORT FOLDER`; prints one line when ready. Everything is kept in memory.
Users and clients are made through POST /control/...: the tests' door, no part of canaille.
"""

import datetime
import secrets
import sys
import threading
import uuid
from pathlib import Path

from canaille import create_app
from canaille.app import models
from canaille.app.flask import csrf
from canaille.backends import Backend
from flask import Flask, jsonify, request
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server


class QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *arguments: object) -> None:
        """Query strings carry codes: nothing is logged."""


def make_client(body: dict) -> None:
    client = models.Client(
        client_id=body["client_id"],
        client_id_issued_at=datetime.datetime.now(datetime.UTC),
        client_name=body["client_id"],
        client_uri="https://gatehouse.example",
        client_secret=body.get("client_secret", ""),
        redirect_uris=body["redirect_uris"],
        post_logout_redirect_uris=body.get("post_logout_redirect_uris", []),
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        scope=["openid", "profile", "email", "groups"],
        token_endpoint_auth_method=body.get("token_endpoint_auth_method", "client_secret_basic"),
        application_type="web",
        id_token_signed_response_alg="RS256",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


def make_user(body: dict) -> None:
    user = models.User(
        id=str(uuid.uuid4()),
        user_name=body["username"],
        formatted_name=body["username"],
        family_name=body["username"],
        emails=[body.get("email", f"{body['username']}@canaille.example")],
        password=body["password"],
        # canaille keeps no word on whether an email is verified: a title that its claims are told to look at.
        title="verified" if body.get("verified") else "",
    )
    Backend.instance.save(user)
    for name in body.get("groups", []):
        group = Backend.instance.get(models.Group, display_name=name) or models.Group(display_name=name)
        group.members = [*group.members, user]
        Backend.instance.save(group)


def add_control_door(app: Flask) -> None:
    @app.post("/control/clients")
    @csrf.exempt
    def clients():
        make_client(request.get_json())
        return jsonify({})

    @app.post("/control/users")
    @csrf.exempt
    def users():
        make_user(request.get_json())
        return jsonify({})

    @app.post("/control/emails")
    @csrf.exempt
    def emails():
        body = request.get_json()
        user = Backend.instance.get(models.User, user_name=body["username"])
        user.emails = [body["email"]]
        Backend.instance.save(user)
        return jsonify({})

    @app.post("/control/leave")
    @csrf.exempt
    def leave():
        body = request.get_json()
        group = Backend.instance.get(models.Group, display_name=body["group"])
        group.members = [one for one in group.members if one.user_name != body["username"]]
        Backend.instance.save(group)
        return jsonify({})

    @app.post("/control/rotate")
    @csrf.exempt
    def rotate():
        app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)]
        return jsonify({})

    @app.post("/control/revoke")
    @csrf.exempt
    def revoke():
        for token in Backend.instance.query(models.Token):
            token.revokation_date = datetime.datetime.now(datetime.UTC)
            Backend.instance.save(token)
        return jsonify({})


def main() -> None:
    port = int(sys.argv[1])
    app = create_app(
        {
            "SECRET_KEY": secrets.token_urlsafe(32),
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            # Cookies know no ports: other servers of the same test share this host name.
            "SESSION_COOKIE_NAME": "canaille-session",
            "SESSION_COOKIE_SECURE": False,
            "CANAILLE": {"DATABASE": "memory", "LOGGING": {"version": 1}},
            "CANAILLE_OIDC": {"REQUIRE_NONCE": False},
        },
        env_file=str(Path(sys.argv[2]) / "no-such-file"),
    )
    claims = app.config["CANAILLE_OIDC"]["USERINFO_MAPPING"]
    claims["EMAIL_VERIFIED"] = "{% if user.title == 'verified' %}true{% else %}false{% endif %}"
    add_control_door(app)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
