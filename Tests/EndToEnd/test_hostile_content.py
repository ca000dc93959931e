"""Publisher's JavaScript against everything else that its viewer may open, in a real browser.

The strongest place for an attacker: pages and content below one domain, so that browsers count them as one site and
send cookies along with what one asks of the other. All of it over TLS, behind the repository's own nginx configuration.
"""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response

from harness.account import SESSION_HEADER
from harness.chromium import Chromium
from harness.listener import Listener
from harness.tls import SITE, BehindTls, TlsNginx
from harness.waiting import DEADLINE_SECONDS, free_port, wait_until

SECRET = "salaries of everybody"


class World:
    """A viewer who may open two contents, of which one's publisher means harm."""

    def __init__(self, stage, chromium: Chromium) -> None:
        base_port, content_port = free_port(), free_port()
        self.server = BehindTls(stage.folder("gatehouse"), base_port, content_port)
        stage.servers.append(self.server.start())
        self.nginx = stage.keep(TlsNginx(stage.folder("nginx"), self.server.listen, base_port, content_port))
        self.provider = stage.simulator("databricks")
        self.account = self.server.create_account()
        self.mallory, paula = self.account.add("publisher", "mallory"), self.account.add("publisher", "paula")
        self.source = self.account.add_integration(self.provider)
        self.hostile_app, self.victim_app = stage.keep(Listener({})), stage.keep(Listener({"secret": SECRET}))
        self.hostile = self.account.add_content(self.mallory, self.source, upstream_url=self.hostile_app.origin)
        self.victim = self.account.add_content(paula, title="Payroll", upstream_url=self.victim_app.origin)
        # The viewer administers the account: there is nothing that riding their session could not do.
        self.viewer = self.account.admin
        self.provider.add_user("ada")
        self.context = chromium.process.new_context(ignore_https_errors=True)
        self.context.set_default_timeout(DEADLINE_SECONDS * 1000)
        self.answers: list[Response] = []
        self.context.on("response", lambda answer: self.answers.append(answer))
        self.arrive()

    def arrive(self) -> None:
        """The viewer signs in, logs in at the provider on the page before the content, and has opened both contents."""
        page = self.context.new_page()
        page.goto(self.viewer.invite_url)
        page.fill("[name=password]", self.viewer.password)
        page.fill("[name=password_again]", self.viewer.password)
        page.click("main form button")
        page.wait_for_url(self.page_url("") + "*")
        page.goto(self.url(self.hostile, "/?begin=1"))
        page.click("main a.button")
        page.fill("[name=username]", "ada")
        page.fill("[name=password]", self.provider.passwords["ada"])
        page.click("button")
        page.wait_for_url(self.url(self.hostile, "/?begin=1"))
        page.goto(self.url(self.victim))
        assert SECRET in page.content()
        page.close()

    def origin(self, content: dict) -> str:
        return self.server.content_origin(content)

    def url(self, content: dict, rest: str = "/") -> str:
        return self.server.content_address(content, rest)

    def page_url(self, rest: str) -> str:
        return f"{self.server.base_url}/accounts/{self.account.slug}/{rest}"

    def state(self) -> dict:
        """All that an attacker might change."""
        api = self.viewer.api
        return {
            "integrations": api.ok("GET", "v1/oauth/integrations"),
            "content": api.ok("GET", "v1/content"),
            "users": [(one["guid"], one["user_role"], one["locked"]) for one in api.ok("GET", "v1/users")["results"]],
            "keys": len(api.ok("GET", f"v1/users/{self.viewer.guid}/keys")),
            "sessions": [one["guid"] for one in api.ok("GET", "v1/oauth/sessions")],
            "groups": api.ok("GET", "v1/groups")["results"],
        }

    def statuses(self, path: str) -> list[str]:
        """What GET of a page's path was answered, shown or not, oldest first: the proxy's word."""
        lines = (self.nginx.folder / "gatehouse.log").read_text().splitlines()
        return [line.split('" ')[1].split()[0] for line in lines if f'"GET {path}"' in line]

    def next_statuses(self, path: str, before: list[str], count: int) -> list[str]:
        """What came after the answers `before`, once there are so many: nginx logs an answer after it was sent."""
        return wait_until(
            lambda: len(now := self.statuses(path)) >= len(before) + count and now[len(before) :],
            f"nginx has logged {count} answers for {path}",
        )

    def is_signed_in(self) -> bool:
        page = self.context.new_page()
        page.goto(self.page_url(""))
        signed_in = page.url.startswith(self.page_url("")) and "/sign-in" not in page.url
        page.close()
        return signed_in


@pytest.fixture(scope="module")
def world(stage, chromium_process) -> Iterator[World]:
    world = World(stage, chromium_process)
    yield world
    world.context.close()


@pytest.fixture
def attack(world) -> Iterator[Page]:
    """The hostile content's page. Whatever is tried there: nothing has changed, and the viewer is as they were."""
    before, asked = world.state(), len(world.victim_app.asked)
    page = world.context.new_page()
    page.goto(world.url(world.hostile))
    assert page.evaluate("origin") == world.origin(world.hostile)
    world.answers.clear()
    yield page
    for one in world.context.pages:
        one.close()
    assert world.state() == before
    assert world.is_signed_in(), "the viewer is signed in"
    page = world.context.new_page()
    page.goto(world.url(world.victim))
    assert SECRET in page.content(), "the viewer can open the other content"
    page.close()
    # What the viewer's browser shows in a window or a frame, with its icon, is all that it was asked for.
    asked_for = [one for one in world.victim_app.asked[asked:] if one.path != "/favicon.ico"]
    asked_for = [one for one in asked_for if one.header("Sec-Fetch-Mode") != ["navigate"]]
    assert asked_for == [] and {one.method for one in world.victim_app.asked[asked:]} == {"GET"}


FETCH = """async ([url, options]) => {
  try {
    const answer = await fetch(url, { credentials: "include", ...options });
    return [answer.type, answer.status, await answer.text()];
  } catch (error) { return ["error", 0, String(error)]; }
}"""


def test_the_browser_would_send_the_cookies_along(world, attack):
    """Without this the other tests show less than they say: to the browser, all of it is one site."""
    app = Listener({})
    try:
        public = world.account.add_content(world.mallory, access_type="all", upstream_url=app.origin)
        page = world.context.new_page()
        page.goto(world.url(public))
        page.evaluate("document.cookie = 'own=yes; path=/; SameSite=Lax; Secure'")
        attack.evaluate(FETCH, [world.url(public, "/fetched"), {"mode": "no-cors"}])
        [asked] = [one for one in app.asked if one.path == "/fetched"]
        assert asked.header("Sec-Fetch-Site") == ["same-site"] and asked.header("Cookie") == ["own=yes"]
        assert asked.header(SESSION_HEADER) == [], "what is for everybody is not told who asks"
    finally:
        app.stop()
        world.mallory.api.ok("DELETE", f"v1/content/{public['guid']}")


def pages(world: World) -> list[str]:
    guid = world.source["guid"]
    paths = ["", "integrations/new", f"integrations/{guid}", f"content/{world.hostile['guid']}/log-in"]
    return [world.page_url(path) for path in paths]


@pytest.mark.parametrize("mode", ["cors", "no-cors"])
def test_pages_and_the_interface_cannot_be_fetched(world, attack, mode):
    paths = [
        "/__api__/v1/user",
        "/v1/oauth/integrations",
        "/openapi.json",
        f"/__oauth__/integrations/{world.source['guid']}/login",
    ]
    shown = [url.removeprefix(world.server.base_url) for url in pages(world)]
    before = {path: world.statuses(path) for path in shown}
    for url in [world.server.base_url + path for path in shown + paths]:
        kind, _, text = attack.evaluate(FETCH, [url, {"mode": mode}])
        assert (kind, text) in (("error", "TypeError: Failed to fetch"), ("opaque", "")), f"{url}: {kind} {text[:200]}"
    for path in shown:
        assert world.next_statuses(path, before[path], 1) == ["403"], path


def test_a_page_is_shown_in_no_frame_and_as_no_picture_or_script(world, attack):
    load = """async ([tag, url]) => {
      const one = document.createElement(tag);
      const done = new Promise((resolve) => {
        one.onload = () => resolve("load"); one.onerror = () => resolve("error");
      });
      if (tag === "object") one.data = url; else if (tag === "link") { one.rel = "stylesheet"; one.href = url; }
      else one.src = url;
      document.body.append(one);
      const end = await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 3000, "nothing"))]);
      return [end, tag === "iframe" ? String(one.contentDocument) : "null"];
    }"""
    for tag in ("iframe", "img", "script", "object", "link", "embed"):
        end, document = attack.evaluate(load, [tag, world.page_url("")])
        assert document == "null" and (end != "load" or tag in ("iframe", "embed")), f"{tag}: {end}"
    shown = [frame.content() for frame in attack.frames if frame != attack.main_frame]
    assert not any("My connections" in text for text in shown)


def test_a_window_with_a_page_in_it_is_out_of_reach(world, attack):
    look = """async (url) => {
      const opened = open(url);
      let read = "nothing";
      // Its first, empty page is within reach; it is cut off once the answer is there.
      for (let left = 3000; left > 0 && !opened.closed; left--) await new Promise((resolve) => setTimeout(resolve, 20));
      try { read = opened.document.body.innerText; } catch (error) { read = error.name; }
      opened?.postMessage({ command: "sign-out" }, "*");
      let frames = -1;
      try { frames = opened.length; } catch (error) { frames = error.name; }
      return [opened === null || opened.closed, read, frames];
    }"""
    with world.context.expect_page() as opened:
        closed, read, _ = attack.evaluate(look, world.page_url(""))
    opened.value.wait_for_load_state()
    assert "My connections" in opened.value.content(), "the viewer sees the page"
    assert closed is True, "its window is none to the one that opened it"
    assert read in ("SecurityError", "TypeError", "nothing")


def submit(attack: Page, url: str, fields: dict, target: str = "_blank") -> None:
    attack.evaluate(
        """([url, fields, target]) => {
          const form = document.createElement("form");
          form.method = "post"; form.action = url; form.target = target;
          for (const [name, value] of Object.entries(fields)) {
            const field = document.createElement("input"); field.name = name; field.value = value; form.append(field);
          }
          document.body.append(form); form.submit();
        }""",
        [url, fields, target],
    )


def answer_to(world: World, url: str) -> Response:
    return wait_until(lambda: pumped(world, url), f"an answer to {url}")


def pumped(world: World, url: str) -> Response | None:
    # Events arrive while Playwright is asked something.
    world.context.pages[0].evaluate("0")
    return next((one for one in world.answers if one.url == url), None)


def test_no_form_of_another_origin_does_anything(world, attack):
    guid = world.source["guid"]
    forms = {
        world.page_url("sign-out"): {},
        world.page_url("integrations/new"): {"template": "connect", "name": "Theirs", "max_role": "Admin"},
        f"{world.server.base_url}/__oauth__/integrations/{guid}/logout": {"return_to": "/"},
        world.page_url("sign-in"): {"email": world.mallory.email, "password": "whatever it is"},
    }
    for url, fields in forms.items():
        submit(attack, url, {"csrf_token": "guessed", **fields})
        assert answer_to(world, url).status == 403, url


def test_no_request_changes_anything(world, attack):
    guid, content = world.source["guid"], world.victim["guid"]
    attempts = [
        ("POST", "/__api__/v1/content", {"title": "Theirs"}),
        ("POST", f"/__api__/v1/users/{world.viewer.guid}/keys", {"name": "theirs"}),
        ("POST", "/v1/users", {"email": "mallory@evil.example", "user_role": "administrator"}),
        ("PATCH", f"/v1/content/{content}", {"upstream_url": world.hostile_app.origin}),
        ("DELETE", f"/v1/oauth/integrations/{guid}", {}),
        ("POST", f"/accounts/{world.account.slug}/sign-out", {}),
    ]
    for method, path, body in attempts:
        url = world.server.base_url + path
        for mode in ("cors", "no-cors"):
            if mode == "no-cors" and method not in ("GET", "POST"):
                continue
            options = {
                "method": method,
                "mode": mode,
                "body": json.dumps(body),
                "headers": {"Content-Type": "text/plain"},
            }
            kind, _, text = attack.evaluate(FETCH, [url, options])
            assert kind in ("error", "opaque") and "guid" not in text, f"{method} {url}: {kind}"
        attack.evaluate("([url, body]) => navigator.sendBeacon(url, body)", [url, json.dumps(body)])


def test_the_viewer_is_logged_out_and_in_by_their_own_wish_alone(world, attack):
    own = f"{world.server.base_url}/__oauth__/integrations/{world.source['guid']}"
    picture = """(url) => new Promise((resolve) => {
      const image = new Image();
      image.onload = image.onerror = resolve;
      image.src = url;
    })"""
    for url in (own + "/logout", own + "/login"):
        before = world.statuses(url.removeprefix(world.server.base_url))
        attack.evaluate(FETCH, [url, {"mode": "no-cors"}])
        attack.evaluate(picture, url)
        with world.context.expect_page() as opened:
            attack.evaluate("(url) => { open(url); }", url)
        opened.value.wait_for_load_state()
        assert opened.value.url.startswith(world.server.base_url), "another site's link asks first"
        assert opened.value.locator("main button, main a.button").count() >= 1
        # The fetch and the picture, and then the page that asks.
        answers = world.next_statuses(url.removeprefix(world.server.base_url), before, 3)
        assert answers[:2] == ["403", "403"] and "403" not in answers[2:]


# Another content.


def test_another_content_cannot_be_fetched_or_framed_and_read(world, attack):
    url = world.url(world.victim)
    for options in ({"mode": "cors"}, {"mode": "no-cors"}, {"mode": "no-cors", "method": "POST", "body": "pay=me"}):
        kind, _, text = attack.evaluate(FETCH, [url, options])
        assert kind in ("error", "opaque") and SECRET not in text, f"{options}: {kind}"
    submit(attack, url, {"pay": "me"})
    assert answer_to(world, url).status == 403
    at_home = f"{world.origin(world.hostile)}/content/{world.victim['guid']}/"
    kind, _, text = attack.evaluate(FETCH, [at_home, {}])
    assert (kind, text) == ("basic", "{}"), "what was its path is the hostile content's own here"


def test_another_contents_window_cannot_be_read(world, attack):
    read = """async ([url, inFrame]) => {
      let seen;
      if (inFrame) {
        const frame = document.createElement("iframe");
        const loaded = new Promise((resolve) => { frame.onload = resolve; });
        frame.src = url; document.body.append(frame);
        await loaded; seen = frame.contentWindow;
      } else {
        seen = open(url);
        const isEmpty = () => {
          try { return seen.location.href === "about:blank"; } catch { return false; }
        };
        while (isEmpty()) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      try { return seen.document.body.innerText; } catch (error) { return error.name; }
    }"""
    for in_frame in (True, False):
        assert attack.evaluate(read, [world.url(world.victim), in_frame]) == "SecurityError"


def test_no_websocket_to_another_content_opens(world, attack):
    talk = """(url) => new Promise((resolve) => {
      const socket = new WebSocket(url);
      socket.onopen = () => resolve("open");
      socket.onclose = (event) => resolve(`closed ${event.code}`);
    })"""
    url = world.url(world.victim, "/ws").replace("https://", "wss://")
    assert attack.evaluate(talk, url) == "closed 1006"


def test_cookies_are_neither_read_nor_planted(world, attack):
    assert attack.evaluate("document.cookie") == ""
    jar = {one["name"] for one in world.context.cookies() if "gatehouse" in one["name"]}
    assert {
        f"__Host-gatehouse-content-{world.hostile['guid']}",
        f"__Host-gatehouse-content-{world.victim['guid']}",
    } <= jar
    assert all(one["httpOnly"] and one["secure"] for one in world.context.cookies() if one["name"] in jar)
    session = next(name for name in jar if name not in ("__Host-gatehouse-form",) and "content" not in name)
    names = [session, f"__Host-gatehouse-content-{world.victim['guid']}", "__Host-gatehouse-form"]
    for name in names:
        for domain in (SITE, f"apps.{SITE}"):
            attack.evaluate("(text) => { document.cookie = text; }", f"{name}=planted; domain={domain}; path=/; secure")
    planted = [one for one in world.context.cookies() if one["value"] == "planted"]
    assert planted == []
    # A cookie without the prefix can be set for all names below the domain, and is nobody's.
    for name in names:
        bare = name.removeprefix("__Host-")
        attack.evaluate("(text) => { document.cookie = text; }", f"{bare}=planted; domain={SITE}; path=/; secure")
    assert len([one for one in world.context.cookies() if one["value"] == "planted"]) == len(names)


def test_no_service_worker_takes_hold_of_another_origin(world, attack):
    register = """async (url) => {
      try { await navigator.serviceWorker.register(url); return "registered"; } catch (error) { return error.name; }
    }"""
    for url in (f"{world.server.base_url}/assets/gatehouse.js", world.url(world.victim, "/worker.js")):
        assert attack.evaluate(register, url) == "SecurityError"


def test_what_it_stores_is_its_own(world, attack):
    attack.evaluate("localStorage.setItem('shared', 'theirs')")
    page = world.context.new_page()
    page.goto(world.url(world.victim))
    assert page.evaluate("localStorage.getItem('shared')") is None
    page.close()
