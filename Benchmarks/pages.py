"""What a page costs the server, in an account with many data sources, people, content and logins."""

import secrets
from argparse import Namespace
from dataclasses import dataclass
from statistics import median

from browser import Browser, send
from crowd import Filling, Size
from load import drive, write_script
from programs import BenchError, Program
from stage import create_account, create_user, free_port

SLUG = "crowd"
CONNECTIONS = 4
"""Few: it is the cost of a page that is asked for, not how many people can wait for one."""


@dataclass
class Page:
    name: str
    who: str
    path: str


def pages(crowd):
    """Those that people open most, each by whoever sees most on it."""
    account = f"/accounts/{SLUG}/"
    content, integration = crowd.contents[0], crowd.integrations[0]
    return [
        Page("Sign-in", "nobody", f"{account}sign-in"),
        Page("My connections", "viewer", account),
        Page("My connections, an administrator's", "administrator", account),
        Page("Content list", "publisher", f"{account}content"),
        Page("Content list, an administrator's", "administrator", f"{account}content"),
        Page("Content list, searched", "administrator", f"{account}content?q=application"),
        Page("Content", "publisher", f"{account}content/{content}"),
        Page("Content: data sources", "publisher", f"{account}content/{content}/access"),
        Page("Data sources", "administrator", f"{account}integrations"),
        Page("Data sources, searched", "administrator", f"{account}integrations?q=region"),
        Page("Data source", "administrator", f"{account}integrations/{integration}"),
        Page("People", "administrator", f"{account}people"),
        Page("People, searched", "administrator", f"{account}people?q=family"),
        Page("Person", "administrator", f"{account}people/{crowd.users[1]}"),
        Page("Groups", "administrator", f"{account}groups"),
        Page("API keys", "publisher", f"{account}keys"),
        Page("Audit", "administrator", f"{account}audit"),
        Page("Activity", "administrator", f"{account}activity"),
        Page("Activity, 30 days", "administrator", f"{account}activity?period=month"),
    ]


def measure_pages(options, folder, say):
    """Milliseconds of the server's CPU per page, and how long one takes; medians of interleaved rounds."""
    few = Namespace(**{**vars(options), "connections": CONNECTIONS, "threads": 1})
    data = folder / "crowd"
    data.mkdir()
    gatehouse = options.binaries / "gatehouse"
    admin = create_account(gatehouse, data, SLUG)["admin"]
    people = {
        "administrator": admin,
        "publisher": create_user(gatehouse, data, SLUG, "publisher"),
        "viewer": create_user(gatehouse, data, SLUG, "viewer"),
    }
    size = Size()
    say(f"Filling an account: {size.integrations} data sources, {size.users:,} people, {size.contents:,} contents")
    filling = Filling(data / SLUG / "account.sqlite", SLUG, size)
    crowd = filling.fill(*(people[role]["guid"] for role in ("administrator", "publisher", "viewer")))
    port = free_port()
    base = f"http://localhost:{port}"
    command = [gatehouse, "serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--base-url", base]
    program = Program("gatehouse", command, folder / "pages.log")
    try:
        cookies = {role: _signed_in(person, base) for role, person in people.items()}
        measured = [page for page in pages(crowd) if page.name in options.pages or not options.pages]
        sizes = {page.name: _look(page, base, cookies.get(page.who)) for page in measured}
        rounds = {page.name: [] for page in measured}
        for number in range(options.rounds):
            say(f"Pages, round {number + 1} of {options.rounds}")
            for page in measured:
                script = folder / "page.lua"
                write_script(script, _headers(cookies.get(page.who)))
                rounds[page.name].append(drive(program, page.path, script, few, options.page_seconds))
        return {
            "size": vars(size),
            "pages": {
                name: {
                    "cpu_milliseconds": median(one.cpu_microseconds_per_request for one in measured) / 1000,
                    "p50_milliseconds": median(one.p50_milliseconds for one in measured),
                    "kilobytes": sizes[name] / 1000,
                }
                for name, measured in rounds.items()
            },
            "resident_megabytes": program.resident_megabytes(),
        }
    finally:
        program.end()


def _signed_in(person, base):
    browser = Browser({})
    page = browser.open(person["invite_url"].replace(person["invite_url"].split("/accounts/")[0], base))
    password = secrets.token_urlsafe(16)
    answer = browser.fill_in(page.require("Opening the invitation"), password=password, password_again=password)
    if answer.status != 303:
        raise BenchError(f"Choosing a password answered {answer.status}.")
    return browser.cookie_header(base)


def _headers(cookie):
    return {"Accept": "text/html", **({"Cookie": cookie} if cookie else {})}


def _look(page, base, cookie):
    """The page must be there and be whole before it is measured; gives its size in bytes."""
    answer = send("GET", base + page.path, _headers(cookie)).require(page.name)
    if b"</html>" not in answer.body:
        raise BenchError(f"{page.name} is not whole.")
    return len(answer.body)
