"""An OIDC issuer seen from outside, with a JOSE library that is not Gatehouse's."""

import time

import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from .waiting import DEADLINE_SECONDS


class Issuer:
    """What anybody can learn about an issuer, and the judgement of its tokens."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def get(self, url: str) -> requests.Response:
        return requests.get(url, timeout=DEADLINE_SECONDS, allow_redirects=False)

    def discovery(self) -> dict:
        answer = self.get(self.issuer + "/.well-known/openid-configuration")
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def jwks(self) -> dict:
        answer = self.get(self.discovery()["jwks_uri"])
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()

    def verify(self, token: str, audience: str, clock_offset: int = 0) -> tuple[dict, dict]:
        """Header and claims of a token whose signature, issuer, audience and times are right."""
        algorithms = self.discovery()["id_token_signing_alg_values_supported"]
        decoded = jwt.decode(token, KeySet.import_key_set(self.jwks()), algorithms=algorithms)
        registry = jwt.JWTClaimsRegistry(
            now=int(time.time()) + clock_offset,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(decoded.claims)
        return decoded.header, decoded.claims
