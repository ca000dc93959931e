"""HTTP as a program and as a browser speak it: JSON calls, and pages with cookies, redirects and forms."""

import http.client
import json
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from programs import BenchError

TIMEOUT_SECONDS = 30
MOST_REDIRECTS = 12


class Answer:
    def __init__(self, url, response):
        self.url = url
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body) if self.body else None

    def location(self):
        target = self.headers.get("Location")
        return urljoin(self.url, target) if target and 300 <= self.status < 400 else None

    def require(self, what):
        if not 200 <= self.status < 300:
            said = self.body.decode(errors="replace")[:300]
            raise BenchError(f"{what} did not work: {self.url.split('?')[0]} answered {self.status}: {said}")
        return self


def send(method, url, headers=None, body=None, connect_to=None):
    """One request; redirects are not followed. `connect_to` is the port that really answers for the URL's host."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", connect_to or parts.port, timeout=TIMEOUT_SECONDS)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body, {"Host": parts.netloc, **(headers or {})})
        return Answer(url, connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        raise BenchError(f"{url.split('?')[0]} does not answer: {error or type(error).__name__}") from error
    finally:
        connection.close()


def call(method, url, body=None, key=None):
    """A JSON call that must succeed; gives the answer's JSON."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key:
        headers["Authorization"] = f"Key {key}"
    text = json.dumps(body) if body is not None else None
    return send(method, url, headers, text).require(f"{method} {urlsplit(url).path}").json()


class _Forms(HTMLParser):
    """The fields of each form of a page, with the values they hold."""

    def __init__(self):
        super().__init__()
        self.forms = []
        self.open = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append((given.get("action") or "", {}))
            self.open = True
        elif tag == "input" and self.open and given.get("name"):
            self.forms[-1][1][given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = False


class Browser:
    """One person's browser. Like a real one it keeps cookies per host name, whatever the port.

    `ports` tells which port answers for an origin where it is not the origin's own: the benchmark stands in for the
    reverse proxy of the content origin.
    """

    def __init__(self, ports, headers=None):
        self.ports = ports
        self.headers = headers or {}
        self.cookies = {}

    def cookie_header(self, url):
        kept = self.cookies.get(urlsplit(url).hostname, {})
        return "; ".join(f"{name}={value}" for name, value in kept.items())

    def take_cookies(self, url, headers):
        kept = self.cookies.setdefault(urlsplit(url).hostname, {})
        for line in headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    kept.pop(name, None)
                else:
                    kept[name] = morsel.coded_value

    def send(self, method, url, headers=None, body=None):
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        sent = {"Accept": "text/html", **self.headers, **(headers or {})}
        if cookies := self.cookie_header(url):
            sent["Cookie"] = cookies
        if origin in self.ports:
            sent |= {"X-Forwarded-Host": urlsplit(url).netloc, "X-Forwarded-Proto": "http"}
        answer = send(method, url, sent, body, self.ports.get(origin))
        self.take_cookies(url, answer.headers)
        return answer

    def open(self, url, stop=lambda url: False):
        """Follows redirects until a page comes or `stop` says that a URL is not to be opened; gives page, or URL."""
        for _ in range(MOST_REDIRECTS):
            if stop(url):
                return url
            answer = self.send("GET", url)
            url = answer.location()
            if url is None:
                return answer
        raise BenchError("The browser is redirected in circles.")

    def fill_in(self, page, **values):
        """Fills in the page's form that has all these fields; gives the answer, redirects not followed."""
        parsed = _Forms()
        parsed.feed(page.body.decode())
        for action, fields in parsed.forms:
            if all(name in fields for name in values):
                target = urljoin(page.url, action or page.url)
                headers = {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(target)),
                }
                return self.send("POST", target, headers, urlencode({**fields, **values}))
        raise BenchError(f"{page.url.split('?')[0]} has no form with {', '.join(values)}.")
