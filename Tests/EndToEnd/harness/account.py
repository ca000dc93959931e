"""An account and its people, through the same doors that people and their programs use."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests

from . import seeded
from .browser import Browser, form_with, links_of
from .waiting import DEADLINE_SECONDS

if TYPE_CHECKING:
    from .gatehouse import Gatehouse
    from .simulator import Simulator

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
USER_SESSION_TOKEN = "urn:posit:connect:user-session-token"
CONTENT_SESSION_TOKEN = "urn:posit:connect:content-session-token"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
API_KEY = "urn:posit:connect:api-key"
AWS_CREDENTIALS = "urn:ietf:params:aws:token-type:credentials"
SESSION_HEADER = "Posit-Connect-User-Session-Token"
NOWHERE = "http://127.0.0.1:9"


class Api:
    """The REST API with one key, under one of the two path prefixes."""

    def __init__(self, server: "Gatehouse", key: str | None, prefix: str = "/__api__") -> None:
        self.server, self.key, self.prefix = server, key, prefix
        self.session = server.journal.watch(requests.Session())
        self.session.trust_env = False
        if key:
            self.session.headers["Authorization"] = f"Key {key}"

    def __call__(self, method: str, path: str, timeout: float = DEADLINE_SECONDS, **more) -> requests.Response:
        url = self.server.url(f"{self.prefix}/{path.lstrip('/')}")
        return self.session.request(method, url, timeout=timeout, allow_redirects=False, **more)

    def ok(self, method: str, path: str, **more) -> Any:
        answer = self(method, path, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, status: int, code: int, method: str, path: str, **more) -> dict:
        """The call must be refused in this way; answers the error object."""
        answer = self(method, path, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        error = answer.json()
        assert set(error) == {"code", "error", "payload"}, error
        assert error["code"] == code, error
        assert isinstance(error["error"], str) and len(error["error"]) > 10
        return error

    def exchange(self, token: str, headers: dict | None = None, **more: str | None) -> requests.Response:
        form = {
            "grant_type": TOKEN_EXCHANGE,
            "subject_token_type": USER_SESSION_TOKEN,
            "subject_token": token,
            **more,
        }
        form = {name: value for name, value in form.items() if value is not None}
        return self("POST", "v1/oauth/integrations/credentials", data=form, headers=headers)

    def credentials(self, token: str, **more: str) -> dict:
        answer = self.exchange(token, **more)
        assert answer.status_code == 200, f"exchange: {answer.status_code} {answer.text}"
        return answer.json()

    def exchange_refused(self, code: int, token: str, headers: dict | None = None, **more: str) -> dict:
        """The exchange must be refused with this code; answers the error object."""
        answer = self.exchange(token, headers, **more)
        assert answer.status_code >= 400, f"exchange: {answer.status_code} {answer.text}"
        error = answer.json()
        assert error["code"] == code, f"{answer.status_code} {answer.text}"
        assert '"access_token"' not in answer.text
        return error


class Person:
    """A user with an API key and a browser of their own."""

    def __init__(self, account: "Account", made: dict) -> None:
        self.account = account
        self.server = account.server
        self.guid, self.email, self.role = made["guid"], made["email"], made["role"]
        self.key, self.invite_url = made["api_key"], made["invite_url"]
        self.password = "correct horse " + seeded.token_urlsafe(16)
        self.has_password = False
        self.browser = Browser(self.server.journal)
        self.api = Api(self.server, self.key)
        self.rest = Api(self.server, self.key, prefix="")

    def accept_invite(self) -> requests.Response:
        page = self.browser.get(self.invite_url)
        form = form_with(page, "password", "password_again")
        self.has_password = True
        return self.browser.submit(form, password=self.password, password_again=self.password)

    def sign_in(self, browser: Browser | None = None) -> requests.Response:
        browser = browser or self.browser
        page = browser.get(self.server.url(f"/accounts/{self.account.slug}/sign-in"))
        return browser.submit(form_with(page, "email"), email=self.email, password=self.password)

    # Login at a provider.

    def start_login(self, integration: dict, redirect: str = "/") -> requests.Response:
        """The redirect to the provider (not followed)."""
        path = f"/__oauth__/integrations/{integration['guid']}/login"
        url = self.server.url(path)
        return self.browser.get(url, follow=False, params={"redirect": redirect})

    def log_in_at(self, provider: "Simulator", integration: dict, username: str) -> requests.Response:
        """The whole login through the provider's page; answers the callback's own answer (not followed)."""
        start = self.start_login(integration)
        assert start.status_code == 302, f"{start.status_code} {start.text[:2000]}"
        page = self.browser.get(start.headers["Location"])
        back = provider.sign_in(self.browser, page, username)
        return self.browser.get(back.headers["Location"], follow=False)

    def log_in_for_content(self, provider: "Simulator", page: requests.Response, username: str) -> requests.Response:
        """On the page before a content: log in to all that is missing there; answers where that led in the end."""
        while missing := [link for link in links_of(page) if "/__oauth__/" in link and "/login?" in link]:
            form = self.browser.get(missing[0])
            assert form.url.startswith(provider.origin), f"{form.status_code} {form.url} {form.text[:2000]}"
            back = provider.sign_in(self.browser, form, username)
            page = self.browser.get(back.headers["Location"])
        return page

    # Content, as the reverse proxy asks for it.

    def ask_gateway(self, content: dict, rest: str = "/", headers: dict | None = None) -> requests.Response:
        """What a proxy does for one request of this browser's window: the sub-request to the gateway."""
        path = f"/content/{content['guid']}{rest}"
        origin = self.server.content_origin(content)
        cookie = self.browser.cookie_header(self.server.content_address(content, rest))
        asked = {"Accept": "text/html"}
        asked |= {"X-Original-URI": path, "X-Original-Method": "GET", "X-Forwarded-Host": origin.split("//")[1]}
        asked |= headers or {}
        if cookie:
            asked["Cookie"] = cookie
        return Api(self.server, None, prefix="")("GET", "v1/gateway/authorize", headers=asked)

    def open_content(self, content: dict, rest: str = "/") -> requests.Response:
        """Go to content as a signed-in browser: ticket, content cookie, then the gateway's answer."""
        target = self.server.content_address(content, rest)
        for _ in range(4):
            answer = self.ask_gateway(content, rest)
            if answer.status_code != 401:
                return answer
            self.browser.take_cookies(answer, target)
            url = answer.headers["X-Gatehouse-Location"]
            while url != target:
                step = self.browser.get(url, follow=False)
                if not step.is_redirect:
                    return step
                url = urljoin(step.url, step.headers["Location"])
                if url.startswith(target.split("?")[0]) and "__gatehouse__" not in url:
                    break
        raise AssertionError(f"the gateway sends the browser in circles: {answer.headers}")

    def content_session_token(self, content: dict) -> str:
        """The token by which the content acts for itself, as `gatehouse run` hands it over."""
        return self.api.ok("GET", f"v1/content/{content['guid']}/runtime")["content_session_token"]

    def session_token(self, content: dict) -> str:
        answer = self.open_content(content)
        assert answer.status_code == 200, f"{answer.status_code} {answer.url} {answer.text[:2000]}"
        return answer.headers[SESSION_HEADER]


class Account:
    """One tenant: the admin that `account create` made, and whoever is added."""

    def __init__(self, server: "Gatehouse", slug: str, made: dict) -> None:
        self.server, self.slug, self.made = server, slug, made
        self.admin = Person(self, made["admin"])

    def url(self, rest: str = "") -> str:
        return self.server.url(f"/accounts/{self.slug}/{rest}")

    def add(self, role: str, name: str | None = None, email: str | None = None) -> Person:
        email = email or f"{name or role + seeded.token_hex(5)}@{self.slug}.example"
        command = ("user", "create", self.slug, "--email", email, "--role", role)
        return Person(self, self.server.json(*command, "--base-url", self.server.base_url))

    def audit(self, **filters) -> list[dict]:
        """What the audit says, oldest first."""
        return self.admin.api.ok("GET", "v1/audit_logs", params={"limit": 500, **filters})["results"]

    def add_integration(self, provider: "Simulator", name: str = "Warehouse", **config) -> dict:
        """A data source for the simulator, whose client gets the redirect URI that the answer names."""
        template = "custom" if provider.kind == "generic" else provider.kind
        given = {"auth_type": "Viewer", "client_id": provider.client_id, "client_secret": provider.client_secret}
        if template == "databricks":
            given |= {"auth_mode": "Confidential", "workspace_host": provider.host}
            given |= {"scopes": "all-apis sql offline_access openid profile email"}
        elif template == "custom":
            given |= {"auth_mode": "Confidential", "issuer": provider.issuer}
            given |= {"scopes": "openid profile email offline_access"}
        else:
            given |= {"account_url": provider.host, "scopes": "refresh_token"}
        body = {"name": name, "description": f"{name} of {self.slug}", "template": template}
        made = self.admin.api.ok("POST", "v1/oauth/integrations", json={**body, "config": {**given, **config}})
        provider.register(made["redirect_uri"])
        return made

    def integrate(self, template: str, name: str | None = None, **config) -> dict:
        """An integration of any template."""
        body = {"name": name or template, "description": "", "template": template, "config": config}
        return self.admin.api.ok("POST", "v1/oauth/integrations", json=body)

    def add_service_account(self, provider: "Simulator", name: str = "Robot", **config) -> dict:
        """A data source in which content acts as itself, at the simulator."""
        given = {"auth_type": "Service Account", "client_id": provider.client_id}
        given["client_secret"] = provider.client_secret
        if provider.kind == "databricks":
            template, given = "databricks", given | {"workspace_host": provider.host}
        else:
            template, given = "custom", given | {"token_uri": provider.issuer + "/token", "scopes": "read"}
        given = {key: value for key, value in (given | config).items() if value is not None}
        made = self.integrate(template, name, **given)
        provider.register()
        return made

    def add_content(self, owner: Person, *integrations: dict, **more) -> dict:
        body = {"title": "Sales", "access_type": "logged_in", **more}
        upstream = body.pop("upstream_url", NOWHERE)
        made = owner.api.ok("POST", "v1/content", json=body)
        path = f"v1/content/{made['guid']}"
        made = owner.api.ok("PATCH", path, json={"upstream_url": upstream})
        if integrations:
            self.associate(owner, made, *integrations)
        return made

    def associate(self, owner: Person, content: dict, *integrations: dict) -> None:
        path = f"v1/content/{content['guid']}/oauth/integrations/associations"
        body = [{"oauth_integration_guid": one["guid"]} for one in integrations]
        owner.api.ok("PUT", path, json=body)
