"""Real OAuth servers from PyPI as the tests see them: one object each, with the steps a person takes there."""

import base64
import hashlib
from pathlib import Path

import requests

from . import seeded
from .browser import Browser, form_with, forms_of
from .process import PythonServer
from .waiting import DEADLINE_SECONDS, free_port


class Provider:
    """What both have in common: clients and users are made through the tests' own door."""

    program = ""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.origin = f"http://127.0.0.1:{port}"
        self.host = f"127.0.0.1:{port}"
        self.child = PythonServer(self.program, port, folder)
        self.client_id = "client-" + seeded.token_hex(4)
        self.client_secret = seeded.token_urlsafe(24)

    def control(self, action: str, **body) -> dict:
        answer = requests.post(f"{self.origin}/control/{action}", json=body, timeout=DEADLINE_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def register(self, redirect_uri: str, **more) -> None:
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        self.control("clients", **{**client, "redirect_uris": [redirect_uri], **more})

    def add_user(self, username: str, password: str, **more) -> None:
        given = {"email": f"{username}@provider.example", **more}
        self.control("users", username=username, password=password, **given)

    def stop(self) -> None:
        self.child.stop()


class DjangoProvider(Provider):
    """django-oauth-toolkit at Databricks' paths."""

    program = "dot_server.py"

    def sign_in_and_allow(
        self, browser: Browser, page: requests.Response, username: str, password: str
    ) -> requests.Response:
        """From the provider's login page to the redirect that carries the code (not followed)."""
        form = form_with(page, "username")
        answer = browser.submit(form, follow=False, username=username, password=password)
        consent = browser.follow_within(answer, self.origin)
        if consent.is_redirect:
            return consent
        allow = ("allow", "Authorize")
        return browser.submit(form_with(consent, "client_id"), follow=False, button=allow)


class CanailleProvider(Provider):
    """canaille, which sends and advertises `iss`."""

    program = "canaille_server.py"

    def sign_in_and_allow(
        self, browser: Browser, page: requests.Response, username: str, password: str
    ) -> requests.Response:
        """From the provider's login page to the redirect that carries the code (not followed)."""
        asked = browser.submit(form_with(page, "login"), login=username)
        answer = browser.submit(form_with(asked, "password"), follow=False, password=password)
        consent = browser.follow_within(answer, self.origin)
        if consent.is_redirect:
            return consent
        accept = ("answer", "accept")
        form = next(form for form in forms_of(consent) if accept in form.buttons)
        return browser.submit(form, follow=False, button=accept)


def pkce() -> tuple[str, str]:
    """A verifier and its S256 challenge (RFC 7636)."""
    verifier = seeded.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
