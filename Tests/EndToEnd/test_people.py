"""People: invite, password, sign in, sign out, forms that cannot be ridden, attempts that are limited."""

import re
import socket
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from harness.browser import Browser, Form, form_with, forms_of
from harness.waiting import DEADLINE_SECONDS


@pytest.fixture
def person(account):
    return account.add("viewer")


def home_is_open(person, browser: Browser) -> bool:
    answer = browser.get(person.account.url(), follow=False)
    assert answer.status_code in (200, 303), answer.status_code
    return answer.status_code == 200


def try_sign_in(person, browser: Browser, email: str, password: str) -> requests.Response:
    page = browser.get(person.account.url("sign-in"))
    return browser.submit(form_with(page, "email"), follow=False, email=email, password=password)


def test_an_invite_sets_the_password_and_signs_in(person):
    page = person.browser.get(person.invite_url)
    assert page.status_code == 200
    form = form_with(page, "password", "password_again", "token", "csrf_token")
    assert form.types["password"] == "password"
    answer = person.browser.submit(form, follow=False, password=person.password, password_again=person.password)
    assert answer.status_code == 303
    assert urljoin(answer.url, answer.headers["Location"]) == person.account.url()
    assert home_is_open(person, person.browser)


def test_an_invite_works_once(person):
    person.accept_invite()
    page = Browser().get(person.invite_url)
    assert page.status_code == 400
    assert "sign-in" in page.text, "what to do next"


@pytest.mark.parametrize("forged", ["", "x", "A" * 43, "../../x", "%00"])
def test_an_invite_that_was_made_up_is_refused(account, forged):
    answer = Browser().get(account.url("invite"), params={"token": forged})
    assert answer.status_code == 400
    assert forms_of(answer) == [] or "password" not in forms_of(answer)[0].fields


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), ("long enough to be good", "but not the same one"), ("", ""), ("x" * 5000, "x" * 5000)],
)
def test_a_bad_password_is_refused_beside_its_field(person, password, again):
    form = form_with(person.browser.get(person.invite_url), "password", "password_again")
    answer = person.browser.submit(form, password=password, password_again=again)
    assert answer.status_code == 400
    if password:
        assert password not in answer.text
    assert not home_is_open(person, Browser())
    assert person.accept_invite().status_code == 200, "the invite is not used up"


def test_signing_in_and_out(person):
    person.accept_invite()
    browser = Browser()
    assert not home_is_open(person, browser)
    person.sign_in(browser)
    assert home_is_open(person, browser)
    kept = [(cookie.name, cookie.value) for cookie in browser.session.cookies]
    form = next(form for form in forms_of(browser.get(person.account.url())) if form.action.endswith("/sign-out"))
    browser.submit(form)
    assert not home_is_open(person, browser)
    for name, value in kept:
        browser.session.cookies.set(name, value, domain="localhost.local", path="/")
    assert not home_is_open(person, browser), "the session ended at the server, not only in the browser"
    assert home_is_open(person, person.browser), "other browsers stay signed in"


def test_sign_in_leads_to_the_return_path(person):
    person.accept_invite()
    browser = Browser()
    page = browser.get(person.account.url("sign-in"), params={"return_to": "/accounts/x?y=1"})
    form = form_with(page, "email", "return_to")
    answer = browser.submit(form, follow=False, email=person.email, password=person.password)
    assert urljoin(answer.url, answer.headers["Location"]) == person.server.url("/accounts/x?y=1")


def test_a_wrong_password_and_an_unknown_address_look_the_same(person):
    person.accept_invite()
    wrong = try_sign_in(person, Browser(), person.email, "not the password")
    unknown = try_sign_in(person, Browser(), "nobody@nowhere.example", "not the password")
    assert wrong.status_code == unknown.status_code and wrong.status_code == 401
    neutral = re.compile(r'value="[^"]*"')
    assert neutral.sub("", wrong.text) == neutral.sub("", unknown.text)
    assert person.email in wrong.text, "what was typed is kept"
    assert "not the password" not in wrong.text


def test_failed_attempts_are_limited(own_stage):
    server = own_stage.gatehouse()
    person = server.create_account().add("viewer")
    person.accept_invite()
    statuses = [try_sign_in(person, Browser(), person.email, f"guess {n}").status_code for n in range(25)]
    assert statuses[0] == 401 and statuses[-1] == 429
    refused = try_sign_in(person, Browser(), person.email, person.password)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0, "even the right password waits"
    server.restart(clock_offset=3600)
    assert try_sign_in(person, Browser(), person.email, person.password).status_code == 303


def test_a_locked_person_is_signed_out_and_cannot_sign_in(person):
    person.accept_invite()
    assert home_is_open(person, person.browser)
    person.server.command("user", "lock", person.account.slug, person.email)
    assert not home_is_open(person, person.browser)
    right = try_sign_in(person, Browser(), person.email, person.password)
    assert right.status_code == 401 and "You are locked" in right.text and "do not match" not in right.text
    person.api.refused(401, 50, "GET", "v1/user")
    # Who does not know the password learns nothing.
    wrong = try_sign_in(person, Browser(), person.email, "not the password")
    unknown = try_sign_in(person, Browser(), "nobody@nowhere.example", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    neutral = re.compile(r'value="[^"]*"')
    assert neutral.sub("", wrong.text) == neutral.sub("", unknown.text) and "locked" not in wrong.text
    person.server.command("user", "lock", person.account.slug, person.email, "--unlock")
    assert try_sign_in(person, Browser(), person.email, person.password).status_code == 303


def test_a_locked_person_with_an_invite_is_told_so(person):
    person.server.command("user", "lock", person.account.slug, person.email)
    page = Browser().get(person.invite_url)
    assert page.status_code == 401 and "You are locked" in page.text
    person.server.command("user", "lock", person.account.slug, person.email, "--unlock")
    assert person.accept_invite().status_code == 200, "the invite is as good as before"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_accounts(person, server):
    page = person.browser.get(person.invite_url)
    answer = person.browser.submit(
        form_with(page, "password"), follow=False, password=person.password, password_again=person.password
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("gatehouse-")
    assert "HttpOnly" in cookie and "SameSite=" in cookie and "Path=/" in cookie
    other = server.create_account()
    assert person.browser.get(other.url(), follow=False).status_code == 303


FORGERIES = ["", "x", "A" * 43]


@pytest.mark.parametrize("page", ["invite", "sign-in", "integrations/new", "", "integration"])
def test_every_form_refuses_a_post_without_its_csrf_token(server, databricks, page):
    account = server.create_account()
    admin = account.admin
    if page != "invite":
        admin.accept_invite()
    integration = account.add_integration(databricks)
    paths = {"invite": admin.invite_url, "integration": account.url(f"integrations/{integration['guid']}")}
    url = paths.get(page) or account.url(page)
    browser = Browser() if page == "sign-in" else admin.browser
    forms = [form for form in forms_of(browser.get(url)) if form.method == "post"]
    assert forms or page == "integration", "there is a form"
    for form in forms:
        assert form.fields.get("csrf_token"), f"{form.action} has no csrf_token"
        # A page with fields is shown again and asks whether that is meant.
        status = 403 if urlsplit(form.action).path.endswith(("/invite", "/sign-in", "/sign-out")) else 409
        for forged in [*FORGERIES, None]:
            assert forge(browser, form, forged).status_code == status
    assert admin.api.ok("GET", f"v1/oauth/integrations/{integration['guid']}") == integration
    if page == "":
        assert browser.get(account.url(), follow=False).status_code == 200, "still signed in"


def forge(browser: Browser, form: Form, token: str | None) -> requests.Response:
    fields = {**form.fields, "csrf_token": token}
    if token is None:
        del fields["csrf_token"]
    return browser.post(form.action, fields, follow=False)


def test_a_csrf_token_of_another_person_does_not_fit(account):
    first, second = account.add("viewer"), account.add("viewer")
    first.accept_invite()
    second.accept_invite()
    forms = forms_of(first.browser.get(account.url()))
    theirs = next(form for form in forms if form.action.endswith("/sign-out"))
    answer = second.browser.submit(theirs, follow=False)
    assert answer.status_code == 403
    assert home_is_open(second, second.browser)


def test_a_post_from_another_origin_is_refused(person):
    person.accept_invite()
    form = next(
        form for form in forms_of(person.browser.get(person.account.url())) if form.action.endswith("/sign-out")
    )
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = person.browser.post(form.action, form.fields, follow=False, headers=headers)
    assert answer.status_code == 403
    assert home_is_open(person, person.browser)


def test_browsers_name_our_own_origin_when_they_send_our_forms(account):
    """With `no-referrer` they would send `Origin: null`, which is refused like any other foreign origin."""
    page = account.server.get(f"/accounts/{account.slug}/sign-in")
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_a_head_request_gets_no_body(account):
    for path in ("/", "/nothing-here", f"/accounts/{account.slug}/sign-in"):
        requests_sent = f"HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n"
        requests_sent += "GET /__ping__ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        with socket.create_connection(("127.0.0.1", account.server.port), timeout=DEADLINE_SECONDS) as connection:
            connection.sendall(requests_sent.encode())
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, rest = received.partition(b"\r\n\r\n")
        assert rest.startswith(b"HTTP/1.1 200"), f"{path}: {head!r} then {rest[:80]!r}"


def test_a_cookie_is_not_enough_to_change_anything_through_the_api(account, databricks):
    admin = account.admin
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    answer = admin.browser.post(admin.server.url("/v1/content"), json={"title": "ridden"}, follow=False)
    assert answer.status_code == 401


def test_pages_forbid_scripts_of_strangers_framing_and_sniffing(account):
    page = Browser().get(account.url("sign-in"))
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "frame-ancestors" in policy and "default-src" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Referrer-Policy" in page.headers
    assert "no-store" in page.headers["Cache-Control"]


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{csrf_token}}"])
def test_what_was_typed_is_shown_as_text(server, databricks, hostile):
    account = server.create_account()
    admin = account.admin
    admin.accept_invite()
    made = account.add_integration(databricks, name=hostile)
    for url in (account.url(), account.url(f"integrations/{made['guid']}")):
        assert "<script>alert" not in admin.browser.get(url).text
        assert "<img src=x" not in admin.browser.get(url).text
    page = admin.browser.get(account.url("sign-in"), params={"return_to": hostile})
    assert "<script>alert" not in page.text and "<img src=x" not in page.text
