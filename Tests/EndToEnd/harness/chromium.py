"""Debian's Chromium, headless, driven by Playwright: a page in a real browser, with scripts, colours and a keyboard."""

import dataclasses
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response, sync_playwright

from .account import Person
from .waiting import DEADLINE_SECONDS


@dataclasses.dataclass(frozen=True)
class Look:
    """How somebody looks at a page."""

    width: int = 1280
    height: int = 800
    colours: str = "light"
    script: bool = True
    timezone: str = "Europe/Berlin"

    def __str__(self) -> str:
        return f"{self.colours}-{self.width}" + ("" if self.script else "-no-script")

    @property
    def is_phone(self) -> bool:
        return self.width < 640


WIDE, WIDE_DARK = Look(), Look(colours="dark")
PHONE, PHONE_DARK = Look(360, 740), Look(360, 740, "dark")
# What a laptop's page is at 400 % (WCAG 1.4.10).
NARROW, NARROW_DARK = Look(320, 640), Look(320, 640, "dark")
NO_SCRIPT, PHONE_NO_SCRIPT, NARROW_NO_SCRIPT = (
    Look(script=False),
    Look(360, 740, script=False),
    Look(320, 640, script=False),
)


class Window:
    """One person's browser (cookies of its own) with one page in it.

    It keeps a list of `complaints`: errors in the console, which is where violations of the Content-Security-Policy
    appear, scripts that failed, parts of a page that did not load, and requests to origins that it was not told of.
    """

    def __init__(self, chromium: "Chromium", look: Look, origins: Iterable[str], state: dict | None = None) -> None:
        self.look = look
        self.origins = set(origins)
        self.complaints: list[str] = []
        self.pictures = chromium.pictures
        self.context = chromium.process.new_context(
            viewport={"width": look.width, "height": look.height},
            color_scheme=look.colours,
            java_script_enabled=look.script,
            is_mobile=look.is_phone,
            has_touch=look.is_phone,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id=look.timezone,
            storage_state=state,
        )
        self.context.set_default_timeout(DEADLINE_SECONDS * 1000)
        self.context.on("request", self._on_request)
        self.context.on("response", self._on_response)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}".replace("ws://", "http://").replace("wss://", "https://")
        if parts.scheme not in ("data", "blob") and origin not in self.origins:
            self.complaints.append(f"a request to another host: {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"{response.status} {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # The status of a page, which the test itself asserts, is an error in the console too; of its parts, see above.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    # What a person does.

    def open(self, url: str) -> Response:
        response = self.page.goto(url)
        assert response is not None, url
        return response

    def accept_invite(self, person: Person) -> None:
        """Follow the invite and choose the password."""
        self.open(person.invite_url)
        person.has_password = True
        self.page.locator("[name=password]").fill(person.password)
        self.page.locator("[name=password_again]").fill(person.password)
        self.page.locator("main form button").click()
        self.page.wait_for_url(person.account.url() + "**")

    def sign_in(self, person: Person) -> None:
        """Sign in; where the sign-in page stands already, there."""
        if "/sign-in" not in self.page.url:
            self.open(person.account.url("sign-in"))
        self.page.locator("[name=email]").fill(person.email)
        self.page.locator("[name=password]").fill(person.password)
        self.page.locator("main form:has([name=password]) button").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def sign_out(self) -> None:
        self.page.locator("header form[action$='/sign-out'] button").click()
        self.page.wait_for_url("**/sign-in**")

    # What can be said of a page.

    def picture(self, name: str) -> Path:
        """A picture of the whole page, among the tests' artefacts."""
        path = self.pictures / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{self.look}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def overflow(self, width: int | None = None) -> list[str]:
        """What makes the page scroll sideways, also where the window is made that wide; nothing where all fits."""
        if width is None:
            return self.page.evaluate(OVERFLOW, self.look.width)
        self.page.set_viewport_size({"width": width, "height": self.look.height})
        found = self.page.evaluate(OVERFLOW, width)
        self.page.set_viewport_size({"width": self.look.width, "height": self.look.height})
        return found

    def close(self) -> None:
        self.context.close()


class Chromium:
    """One browser process. Its windows are closed with it, or by `close_windows`, which fails on complaints."""

    def __init__(self, pictures: Path) -> None:
        program = shutil.which("chromium")
        assert program, "Debian's chromium must be installed"
        self.pictures = pictures
        self.windows: list[Window] = []
        self._playwright = sync_playwright().start()
        try:
            # Root's processes cannot be put into Chromium's sandbox.
            flags = ["--no-sandbox"] if os.geteuid() == 0 else []
            self.process = self._playwright.chromium.launch(
                executable_path=program,
                timeout=DEADLINE_SECONDS * 1000,
                args=[*flags, "--disable-dev-shm-usage", "--no-proxy-server"],
            )
        except BaseException:
            self._playwright.stop()
            raise

    def window(self, look: Look = WIDE, origins: Iterable[str] = (), like: Window | None = None) -> Window:
        """A fresh browser that knows nobody, or has the cookies of another."""
        window = Window(self, look, origins, like.context.storage_state() if like else None)
        self.windows.append(window)
        return window

    def of(self, person: Person, look: Look = WIDE, origins: Iterable[str] = ()) -> Window:
        """A browser in which that person, whose password is set, is signed in through the page."""
        server = person.server
        window = self.window(look, {server.base_url, server.content_url, *origins})
        window.sign_in(person)
        return window

    def close_windows(self) -> None:
        complaints = [complaint for window in self.windows for complaint in window.complaints]
        for window in self.windows:
            window.close()
        self.windows.clear()
        assert complaints == [], "\n".join(complaints)

    def stop(self) -> None:
        try:
            for window in self.windows:
                window.close()
            self.process.close()
        finally:
            self._playwright.stop()


OVERFLOW = """(width) => {
  const needed = document.documentElement.scrollWidth;
  if (needed <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter(
    (one) => one.getBoundingClientRect().right > width + 1 && !one.closest(".hidden, .skip"));
  return [`${needed} px of ${width}`,
    ...wide.slice(0, 8).map((one) => one.outerHTML.slice(0, 160))];
}"""
