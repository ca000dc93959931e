"""The provider simulator: a process that behaves like Databricks, Snowflake or any other, and its control door."""

import os
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, RSAKey

from . import seeded
from .browser import Browser, form_with
from .process import Child
from .waiting import DEADLINE_SECONDS

REPOSITORY = Path(__file__).resolve().parents[3]
BINARIES = REPOSITORY / ".build" / "debug"


def simulator_binary() -> Path:
    return Path(os.environ.get("SIMULATOR_BIN", BINARIES / "provider-simulator"))


class Simulator:
    """One provider with one registered client."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.child = Child(f"{kind} simulator", [simulator_binary(), "--kind", kind, "--listen", "127.0.0.1:0"])
        self.origin = self.child.url
        self.host = self.origin.removeprefix("http://")
        self.client_id = f"{kind}-client-{seeded.token_hex(4)}"
        self.client_secret = "planted-client-secret-" + seeded.token_urlsafe(24)
        self.passwords: dict[str, str] = {}

    def _call(self, method: str, path: str, timeout: float = DEADLINE_SECONDS, **body) -> dict:
        answer = requests.request(
            method,
            f"{self.origin}/_control/{path}",
            json=body if method in ("POST", "PATCH") else None,
            timeout=timeout,
        )
        assert answer.ok, f"control door: {method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else {}

    def register(self, *redirect_uris: str, **more) -> None:
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        self._call("POST", "clients", **{**client, "redirect_uris": list(redirect_uris), **more})

    def register_key(self, pem: str, *redirect_uris: str, key_id: str | None = None, **more) -> None:
        """The client proves itself by a private key and has no secret; `pem` is the key, of which only half is told."""
        is_rsa = isinstance(load_pem_private_key(pem.encode(), None), rsa.RSAPrivateKey)
        key = (RSAKey if is_rsa else ECKey).import_key(pem).as_dict(private=False)
        key = {name: value for name, value in key.items() if name != "kid"} | ({"kid": key_id} if key_id else {})
        method = {"token_endpoint_auth_method": "private_key_jwt"}
        self.register(*redirect_uris, **{"client_secret": None, "jwks": {"keys": [key]}, **method, **more})

    def add_user(self, username: str, rows: list[list[str]] | None = None) -> str:
        """A user of the provider with rows only they may see; answers the password."""
        self.passwords[username] = "provider-password-" + seeded.token_urlsafe(12)
        self.set_rows(username, rows or [[f"region of {username}", "1"]])
        return self.passwords[username]

    def set_rows(self, username: str, rows: list[list[str]]) -> None:
        """What a user may see from now on."""
        self._call(
            "POST",
            "users",
            username=username,
            password=self.passwords[username],
            display_name=username.title(),
            email=f"{username}@provider.example",
            columns=["region", "amount"],
            rows=rows,
        )

    @property
    def issuer(self) -> str:
        """The issuer of the generic provider, whose metadata names its endpoints."""
        return f"{self.origin}/tenant"

    def set(self, **settings) -> None:
        self._call("PATCH", "settings", **settings)

    def counters(self) -> dict[str, int]:
        return self._call("GET", "counters")

    def reset_counters(self) -> None:
        self._call("POST", "counters/reset")

    def fault(self, endpoint: str, kind: str, times: int = 1, **more) -> None:
        self._call("POST", "faults", endpoint=endpoint, kind=kind, times=times, **more)

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def release(self) -> None:
        self._call("POST", "faults/release")

    def await_held(self, count: int = 1) -> None:
        """Return once `count` requests are held by a hold_before or hold_after fault."""
        self._call("GET", f"faults/held?wait_for={count}")

    def revoke(self, username: str) -> None:
        """End the logins of a user, or the tokens of a client acting as itself."""
        self._call("POST", "revoke", username=username)

    def revocations(self) -> list[dict]:
        """What clients gave back at the revocation endpoint: token, token_type_hint, client_id."""
        return self._call("GET", "revocations")

    def token_state(self, token: str) -> dict:
        """`known`, `live`, `revoked`, and `token_type` of a token."""
        return self._call("POST", "token-state", token=token)

    def refresh_tokens(self, live: bool | None = None) -> list[str]:
        """The refresh tokens that were given out, in order; with `live` only those that work, or do not."""
        given = self.issued()["refresh_tokens"]
        return given if live is None else [one for one in given if self.token_state(one)["live"] == live]

    def advance_clock(self, seconds: int) -> None:
        self._call("POST", "clock", advance_seconds=seconds)

    def issued(self) -> dict:
        return self._call("GET", "issued")

    def authorize_as(self, username: str, authorization_url: str) -> str:
        """Play the user's login without its page; answers the callback URL with the code."""
        body = {"username": username, "authorization_url": authorization_url}
        return self._call("POST", "authorize-as", **body)["location"]

    def sign_in(self, browser: Browser, page: requests.Response, username: str) -> requests.Response:
        """Fill in the provider's own login page; the redirect back to the callback is not followed."""
        form = form_with(page, "username", "password")
        return browser.submit(form, follow=False, username=username, password=self.passwords[username])

    def whoami(self, access_token: str) -> str | None:
        """The user (or the client itself) that the token belongs to; None when the provider does not accept it."""
        if self.kind == "snowflake":
            answer = requests.post(
                f"{self.origin}/api/v2/statements",
                json={"statement": "select region, amount from sales"},
                headers={
                    "Authorization": f"Bearer {access_token}",
                    "X-Snowflake-Authorization-Token-Type": "OAUTH",
                },
                timeout=DEADLINE_SECONDS,
            )
            return answer.json()["data"][0][0].removeprefix("region of ") if answer.ok else None
        path, name = (
            ("/tenant/userinfo", "sub") if self.kind == "generic" else ("/api/2.0/preview/scim/v2/Me", "userName")
        )
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = requests.get(self.origin + path, headers=headers, timeout=DEADLINE_SECONDS)
        return answer.json()[name].split("@")[0] if answer.ok else None

    def stop(self) -> None:
        self.child.stop()
