"""A browser without JavaScript: cookies, redirects, and forms filled in by their field names."""

import dataclasses
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from .journal import Journal
from .names import LoopbackNames
from .waiting import DEADLINE_SECONDS


@dataclasses.dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str]
    buttons: list[tuple[str, str]]
    types: dict[str, str]


class _FormParser(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._textarea: str | None = None
        self._outside: dict[str, list[tuple[str, str]]] = {}
        """Buttons that stand before their form and name its id."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            # No action, or an empty one, means the page's own URL.
            action = urljoin(self.url, given.get("action") or self.url)
            buttons = self._outside.pop(given.get("id", ""), [])
            self._form = Form(action, given.get("method", "get").lower(), {}, buttons, {})
            self.forms.append(self._form)
        elif tag == "button" and "form" in given and self._form is None:
            self._outside.setdefault(given["form"], []).append((given.get("name", ""), given.get("value", "")))
        elif self._form is None:
            return
        elif tag == "input":
            self._input(self._form, given)
        elif tag == "button":
            self._form.buttons.append((given.get("name", ""), given.get("value", "")))
        elif tag == "select":
            self._select = given.get("name")
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self._form.fields:
                self._form.fields[self._select] = given.get("value", "")
        elif tag == "textarea" and given.get("name"):
            self._textarea = given["name"]
            self._form.fields[self._textarea] = ""

    def _input(self, form: Form, given: dict[str, str]) -> None:
        name, kind = given.get("name"), given.get("type", "text").lower()
        if kind in ("submit", "image"):
            form.buttons.append((name or "", given.get("value", "")))
        elif not name:
            return
        elif kind in ("checkbox", "radio"):
            form.types[name] = kind
            if "checked" in given:
                form.fields[name] = given.get("value", "on")
        else:
            form.types[name] = kind
            form.fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._textarea:
            self._form.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None


def forms_of(response: requests.Response) -> list[Form]:
    parser = _FormParser(response.url)
    parser.feed(response.text)
    return parser.forms


def form_with(response: requests.Response, *fields: str) -> Form:
    """The one form of the page that has all these fields."""
    for form in forms_of(response):
        if all(field in form.fields or field in form.types for field in fields):
            return form
    raise AssertionError(f"no form with {fields} at {response.status_code} {response.url}\n{response.text[:3000]}")


class _LinkParser(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.links.append(urljoin(self.url, href))


def links_of(response: requests.Response) -> list[str]:
    """Where the links of a page lead, in their order."""
    parser = _LinkParser(response.url)
    parser.feed(response.text)
    return parser.links


class _Session(requests.Session):
    """Says where a form is from only as long as it is one: what it leads to is an ordinary page."""

    def rebuild_method(self, prepared_request, response) -> None:
        super().rebuild_method(prepared_request, response)
        if prepared_request.method == "GET":
            prepared_request.headers.pop("Origin", None)


class Browser:
    """One person's browser. Every answer also goes to the journal, where one is given."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.session = _Session()
        self.session.trust_env = False
        self.session.mount("http://", LoopbackNames())
        self.session.headers["Accept"] = "text/html,application/xhtml+xml"
        self.session.headers["User-Agent"] = "Mozilla/5.0 (end-to-end)"
        if journal is not None:
            journal.watch(self.session)

    def get(self, url: str, follow: bool = True, **more) -> requests.Response:
        return self.session.get(url, allow_redirects=follow, timeout=DEADLINE_SECONDS, **more)

    def post(self, url: str, data=None, follow: bool = True, **more) -> requests.Response:
        return self.session.post(url, data=data, allow_redirects=follow, timeout=DEADLINE_SECONDS, **more)

    def follow_within(self, response: requests.Response, origin: str) -> requests.Response:
        """Follow redirects as long as they stay at `origin`; the answer that leaves it is returned as it is."""
        for _ in range(10):
            target = urljoin(response.url, response.headers.get("Location", ""))
            if not response.is_redirect or not target.startswith(origin + "/"):
                return response
            response = self.get(target, follow=False)
        raise AssertionError(f"redirected in circles: {response.url}")

    def submit(
        self,
        form: Form,
        follow: bool = True,
        button: tuple[str, str] | None = None,
        **fields: str,
    ) -> requests.Response:
        """Send a form as a browser does: hidden fields and defaults, then what the person typed."""
        values = {**form.fields, **fields}
        pressed = button or (form.buttons[0] if form.buttons else None)
        if pressed and pressed[0]:
            values[pressed[0]] = pressed[1]
        origin = "/".join(form.action.split("/")[:3])
        headers = {"Origin": origin, "Referer": form.action}
        if form.method == "get":
            return self.get(form.action, follow, params=values, headers=headers)
        return self.post(form.action, values, follow, headers=headers)

    def cookie_header(self, url: str) -> str:
        """The Cookie header that this browser would send to `url`."""
        prepared = self.session.prepare_request(requests.Request("GET", url))
        return prepared.headers.get("Cookie", "")

    def cookies_named(self, prefix: str) -> dict[str, str]:
        return {c.name: c.value or "" for c in self.session.cookies if c.name.startswith(prefix)}

    def take_cookies(self, response: requests.Response, url: str) -> None:
        """Store an answer's Set-Cookie as if `url` had sent it: what the proxy does with a 401's cookie."""
        request = requests.Request("GET", url).prepare()
        requests.cookies.extract_cookies_to_jar(self.session.cookies, request, response.raw)
