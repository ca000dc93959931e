"""One account with a data source, content and a viewer who has logged in, all through the real doors."""

import json
import secrets
import socket
from urllib.parse import urlencode

from browser import Browser, call, send
from programs import BenchError, Program, run

EXCHANGE_PATH = "/__api__/v1/oauth/integrations/credentials"
SESSION_TOKEN_HEADER = "Posit-Connect-User-Session-Token"
UPSTREAM_URL = "http://127.0.0.1:9"  # Nothing is asked there: the benchmark asks the gateway only.
MOST_GATEWAY_QUESTIONS = 4


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def create_account(gatehouse, data, slug):
    command = [gatehouse, "account", "create", slug, "--name", slug.title(), "--data", data, "--json"]
    return json.loads(run([*command, "--admin-email", f"admin@{slug}.example"]))


def create_user(gatehouse, data, slug, role, name=None):
    command = [gatehouse, "user", "create", slug, "--email", f"{name or role}@{slug}.example", "--role", role]
    return json.loads(run([*command, "--data", data, "--json"]))


class Stage:
    """A simulator and Gatehouse, with a viewer's session warm."""

    def __init__(self, binaries, folder, serve_options=()):
        self.serve_options = serve_options
        self.gatehouse_binary = binaries / "gatehouse"
        self.data = folder / "stage"
        self.data.mkdir()
        self.simulator = Program(
            "provider-simulator",
            [binaries / "provider-simulator", "--kind", "databricks", "--listen", "127.0.0.1:0"],
            folder / "simulator.log",
        )
        try:
            self._start_gatehouse(folder)
        except BaseException:
            self.simulator.end()
            raise

    def _start_gatehouse(self, folder):
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        # A host name of its own, as browsers share cookies between ports. Nothing listens there: see Browser.ports.
        self.content_url = f"http://127.0.0.1:{free_port()}"
        self.provider_host = f"localhost:{self.simulator.port}"
        self.gatehouse = Program(
            "gatehouse",
            [self.gatehouse_binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
            + ["--base-url", self.base_url, "--content-url", self.content_url, "--allow-host", self.provider_host]
            + [*self.serve_options],
            folder / "gatehouse.log",
        )
        self.idle_megabytes = self.gatehouse.resident_megabytes()

    def end(self):
        self.gatehouse.end()
        self.simulator.end()

    def api(self, method, path, key, body=None):
        return call(method, f"{self.base_url}/__api__/v1/{path}", body, key)

    def control(self, method, path, body=None):
        return call(method, f"{self.simulator.url}/_control/{path}", body)

    def user(self, role):
        return create_user(self.gatehouse_binary, self.data, "bench", role)

    def play(self):
        """From nothing to a viewer's session token and the publisher's API key."""
        admin = create_account(self.gatehouse_binary, self.data, "bench")["admin"]
        self.admin_key = admin["api_key"]
        publisher, viewer = self.user("publisher"), self.user("viewer")
        integration = self._add_data_source(self.admin_key)
        self.integration = integration["guid"]
        content = self.api("POST", "content", publisher["api_key"], {"title": "Bench", "access_type": "logged_in"})
        path = f"content/{content['guid']}"
        self.api("PATCH", path, publisher["api_key"], {"upstream_url": UPSTREAM_URL})
        associations = [{"oauth_integration_guid": integration["guid"]}]
        self.api("PUT", f"{path}/oauth/integrations/associations", publisher["api_key"], associations)
        browser = self._signed_in(viewer)
        self.session_token = self._open_content(browser, content["guid"])
        self.api_key = publisher["api_key"]

    def _add_data_source(self, key):
        secret = secrets.token_urlsafe(24)
        config = {
            "auth_type": "Viewer",
            "auth_mode": "Confidential",
            "workspace_host": self.provider_host,
            "client_id": "bench",
            "client_secret": secret,
            "scopes": "all-apis offline_access",
        }
        body = {"name": "Bench", "description": "", "template": "databricks", "config": config}
        integration = self.api("POST", "oauth/integrations", key, body)
        redirect_uris = [integration["redirect_uri"]]
        client = {"client_id": "bench", "client_secret": secret, "redirect_uris": redirect_uris}
        self.control("POST", "clients", client)
        self.control("POST", "users", {"username": "viewer", "password": secrets.token_urlsafe(9)})
        return integration

    def _signed_in(self, viewer):
        browser = Browser({self.content_url: self.port})
        page = browser.open(viewer["invite_url"]).require("Opening the invitation")
        password = secrets.token_urlsafe(16)
        answer = browser.fill_in(page, password=password, password_again=password)
        if answer.status != 303:
            raise BenchError(f"Choosing a password answered {answer.status}.")
        return browser

    def _open_content(self, browser, guid):
        """Asks the gateway as a reverse proxy does, and goes where it sends the browser, until it lets us through."""
        path = f"/content/{guid}/"
        target = self.content_url + path
        for _ in range(MOST_GATEWAY_QUESTIONS):
            asked = {"Accept": "text/html", "X-Original-URI": path, "X-Original-Method": "GET"}
            asked |= {"Host": target.split("/")[2]}
            asked |= {"Cookie": browser.cookie_header(target)} if browser.cookie_header(target) else {}
            answer = send("GET", f"{self.base_url}/v1/gateway/authorize", asked)
            if answer.status == 200:
                return answer.headers[SESSION_TOKEN_HEADER]
            if answer.status != 401:
                answer.require("Opening the content")
            browser.take_cookies(target, answer.headers)
            self._walk(browser, answer.headers["X-Gatehouse-Location"], target)
        raise BenchError("The gateway does not let the viewer through.")

    def _walk(self, browser, url, target):
        """Follows the gateway's redirect back to the content; at the provider the person says yes."""

        def is_elsewhere(url):
            return url.split("?")[0] == target or url.startswith(f"http://{self.provider_host}/")

        reached = browser.open(url, is_elsewhere)
        if not isinstance(reached, str) and "/log-in?" in reached.url:
            # The page that says what is missing: one data source, whose login leads back there and on.
            query = urlencode({"redirect": reached.url})
            login = f"{self.base_url}/__oauth__/integrations/{self.integration}/login?{query}"
            reached = browser.open(login, is_elsewhere)
        while isinstance(reached, str) and reached.split("?")[0] != target:
            body = {"username": "viewer", "authorization_url": reached}
            reached = browser.open(self.control("POST", "authorize-as", body)["location"], is_elsewhere)
        if not isinstance(reached, str):
            # Not a redirect to the content: the page says why.
            reached.require("The way back to the content")
            raise BenchError(f"The viewer ended at {reached.url.split('?')[0]} instead of the content.")
