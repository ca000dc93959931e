"""A person's browser, as far as pages of plain HTML need one: cookies, redirects, links and forms."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

from names import LoopbackNames
from processes import DemoError

TIMEOUT_SECONDS = 30


class Form:
    """A form as the page has it: where it goes, and its fields with the values they hold."""

    def __init__(self, attributes):
        self.action = attributes.get("action") or ""
        self.method = (attributes.get("method") or "get").lower()
        self.fields = {}
        self.submit = None


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms = []
        self.links = []
        self.words = []
        self._current = None
        self._hidden = 0

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ("style", "script"):
            self._hidden += 1
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "form":
            self._current = Form(attributes)
            self.forms.append(self._current)
        if self._current is None or "name" not in attributes:
            return
        kind = attributes.get("type", "text" if tag == "input" else "submit")
        if tag == "input" and kind not in ("submit", "checkbox", "radio"):
            self._current.fields[attributes["name"]] = attributes.get("value") or ""
        elif tag in ("button", "input") and kind == "submit" and self._current.submit is None:
            self._current.submit = (attributes["name"], attributes.get("value") or "")

    def handle_endtag(self, tag):
        if tag in ("style", "script"):
            self._hidden -= 1
        if tag == "form":
            self._current = None

    def handle_data(self, data):
        if not self._hidden and data.strip():
            self.words.append(data.strip())


class Browser:
    """One person's browser. `page` is the last answer, redirects followed."""

    def __init__(self):
        self.session = requests.Session()
        self.session.mount("http://", LoopbackNames())
        # Gatehouse leads windows through the sign-in, and tells scripts that they need one.
        self.session.headers["Accept"] = "text/html"
        self.page = None

    def open(self, url):
        self.page = self.session.get(url, timeout=TIMEOUT_SECONDS)
        return self.page

    def form_with(self, *names):
        """The page's first form that has all the named fields, or None."""
        if "html" not in self.page.headers.get("Content-Type", ""):
            return None
        for form in self._parsed().forms:
            if all(name in form.fields for name in names):
                return form
        return None

    def link_to(self, part):
        """Where the page's first link leads whose address has that part, or None."""
        if "html" not in self.page.headers.get("Content-Type", ""):
            return None
        found = (urljoin(self.page.url, link) for link in self._parsed().links)
        return next((link for link in found if part in link), None)

    def fill_in(self, form, **values):
        """Fills in the form, presses its first button, and follows where that leads."""
        fields = {**form.fields, **values}
        if form.submit:
            fields[form.submit[0]] = form.submit[1]
        target = urljoin(self.page.url, form.action)
        if form.method == "post":
            self.page = self.session.post(target, data=fields, timeout=TIMEOUT_SECONDS)
        else:
            self.page = self.session.get(target, params=fields, timeout=TIMEOUT_SECONDS)
        return self.page

    def require(self, what):
        """Fails with the page's own words where the last answer is no success."""
        if self.page.ok:
            return
        if "html" in self.page.headers.get("Content-Type", ""):
            said = " ".join(self._parsed().words)[:300]
        else:
            said = self.page.text[:300]
        raise DemoError(f"{what} did not work: {self.page.url.split('?')[0]} answered {self.page.status_code}: {said}")

    def _parsed(self):
        parsed = _Page()
        parsed.feed(self.page.text)
        return parsed
