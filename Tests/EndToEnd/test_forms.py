"""What all forms share: sent twice, from an old page, after a sign-out; hostile text; the back button."""

import re
import threading

import pytest

from harness import seeded
from harness.browser import Browser, Form, form_with, forms_of
from harness.chromium import NO_SCRIPT, PHONE, WIDE
from harness.everything import OPTIONS, PAGES, Everything
from harness.identity_provider import IdentityProvider

SECRET = "planted-secret-" + seeded.token_hex(12)


@pytest.fixture
def admin(server):
    admin = server.create_account().admin
    admin.accept_invite()
    return admin


def names(admin) -> list[str]:
    return [one["name"] for one in admin.api.ok("GET", "v1/oauth/integrations")]


def fill_in(page, admin, name: str) -> None:
    """The form of a data source, filled in and not sent."""
    page.goto(admin.account.url("integrations/new?template=databricks"))
    page.locator("[name=name]").fill(name)
    page.locator("[name=description]").fill("typed by a person")
    page.locator("[name=client_id]").fill("the-client")
    page.locator("[name=client_secret]").fill(SECRET)
    page.locator("[name=host_url]").fill("dbc-1234.cloud.databricks.com")


def send_button(page):
    return page.locator("main form:has([name=client_secret]) button:not([type=button])").last


# Sent twice.


@pytest.mark.parametrize("look", [WIDE, NO_SCRIPT], ids=str)
def test_a_double_click_does_it_once(person_in_chromium, admin, look):
    page = person_in_chromium(admin, look).page
    fill_in(page, admin, "Clicked twice")
    send_button(page).dblclick()
    page.wait_for_url(re.compile("/integrations/[0-9a-f-]{36}"))
    assert names(admin) == ["Clicked twice"]


def test_the_same_form_sent_by_many_at_once_is_done_once_and_all_are_told_the_same(admin):
    page = admin.browser.get(admin.account.url("integrations/new?template=databricks"))
    form = form_with(page, "name", "client_secret")
    typed = {"name": "Sent eight times", "client_id": "c", "client_secret": SECRET}
    typed["host_url"] = "dbc-1234.cloud.databricks.com"
    answers: list = []
    cookie = admin.browser.cookie_header(form.action)

    def send() -> None:
        headers = {"Cookie": cookie, "Origin": admin.server.base_url}
        answers.append(Browser().post(form.action, {**form.fields, **typed}, follow=False, headers=headers))

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert names(admin) == ["Sent eight times"]


def test_going_back_shows_a_new_form_that_holds_no_secret_and_sending_it_does_nothing_twice(person_in_chromium, admin):
    page = person_in_chromium(admin).page
    fill_in(page, admin, "Sent, back, sent")
    number = page.locator("form:has([name=client_secret]) [name=submission]").input_value()
    send_button(page).click()
    page.wait_for_url(re.compile("/integrations/[0-9a-f-]{36}"))
    page.go_back()
    page.locator("[name=client_secret]").wait_for()
    assert page.locator("form:has([name=client_secret]) [name=submission]").input_value() != number
    assert page.locator("[name=client_secret]").input_value() == ""
    page.evaluate("for (const form of document.forms) form.noValidate = true")
    send_button(page).click()
    page.locator("[aria-invalid=true]").wait_for()
    assert names(admin) == ["Sent, back, sent"]


# From a page that is out of date.


@pytest.mark.parametrize("look", [WIDE, NO_SCRIPT, PHONE], ids=str)
def test_a_page_from_before_the_last_sign_in_asks_before_it_sends_and_loses_nothing(
    person_in_chromium, axe, admin, look
):
    window = person_in_chromium(admin, look)
    page, other_tab = window.page, window.context.new_page()
    fill_in(page, admin, "Typed before")
    other_tab.goto(admin.account.url())
    window.page = other_tab
    window.sign_out()
    window.sign_in(admin)
    send_button(page).click()
    page.get_by_role("heading", name="Send it again?").wait_for()
    assert names(admin) == []
    assert "Typed before" in page.inner_text("main") and "typed by a person" in page.inner_text("main")
    assert SECRET not in page.content()
    if look.script:
        axe(page)
    finish(page, admin, "Typed before")


@pytest.mark.parametrize("look", [WIDE, NO_SCRIPT], ids=str)
def test_what_is_sent_signed_out_is_kept_until_one_is_signed_in(person_in_chromium, axe, admin, look):
    window = person_in_chromium(admin, look)
    page, other_tab = window.page, window.context.new_page()
    fill_in(page, admin, "Typed signed out")
    window.page = other_tab
    other_tab.goto(admin.account.url())
    window.sign_out()
    send_button(page).click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert SECRET not in page.content() and names(admin) == []
    assert "typed by a person" in page.inner_text("main")
    if look.script:
        axe(page)
    with window.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in in a new tab").click()
    window.page = opened.value
    window.page.wait_for_url(re.compile("/sign-in"))
    window.sign_in(admin)
    page.get_by_role("button", name="Send it again").click()
    page.get_by_role("heading", name="Send it again?").wait_for()
    finish(page, admin, "Typed signed out")


def finish(page, admin, name: str) -> None:
    """Send it again: only the secret has to be typed anew."""
    page.get_by_role("button", name="Send it again").click()
    page.locator("[name=client_secret]").wait_for()
    assert page.locator("[name=client_secret]").input_value() == ""
    assert page.locator("[name=name]").input_value() == name
    assert page.locator("[name=description]").input_value() == "typed by a person"
    assert names(admin) == []
    page.locator("[name=client_secret]").fill(SECRET)
    send_button(page).click()
    page.wait_for_url(re.compile("/integrations/[0-9a-f-]{36}"))
    assert names(admin) == [name]


# The back button.


@pytest.mark.parametrize("look", [WIDE, NO_SCRIPT], ids=str)
def test_after_signing_out_the_back_button_shows_nothing(person_in_chromium, admin, look):
    admin.account.integrate("connect", "A name that only people of the account see", max_role="Viewer")
    window = person_in_chromium(admin, look)
    window.open(admin.account.url("integrations"))
    assert "A name that only people" in window.page.content()
    window.sign_out()
    window.page.go_back()
    window.page.wait_for_url(re.compile("/sign-in"))
    assert "A name that only people" not in window.page.content()


# What can be typed into any form.

HOSTILE = {
    "script": '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "template": "{{csrf_token}}{{{body}}}{{> layout}}",
    "emoji": "👩🏽‍🔬🏳️‍🌈 é",
    "right to left": "\u202eأهلا وسهلا\u2066 abc",
    "controls": "a\x00b\x1b[31m\r\nSet-Cookie: x=y",
    "huge": "x" * 300_000,
    "very huge": "x" * 1_500_000,
    "spaces": " \t\u00a0\u200b ",
    "empty": "",
}
TEXTS = {"text", "email", "url", "number", "search", "password", "textarea", ""}


@pytest.fixture(scope="module")
def everything(stage):
    server = stage.gatehouse(options=OPTIONS)
    return Everything(server, stage.simulator("databricks"), stage.keep(IdentityProvider()))


def text_fields(form: Form) -> list[str]:
    proofs = {"csrf_token", "submission", "return_to"}
    return [name for name in form.fields if name not in proofs and form.types.get(name, "textarea") in TEXTS]


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("path", [path for path in PAGES if not PAGES[path].startswith("nobody")])
def test_no_form_stumbles_over_what_is_typed(everything, path, kind):
    hostile = HOSTILE[kind]
    who, url = everything.visits(path)[0]
    browser = everything.people[who].browser
    shown = browser.get(url)
    places = [place for place, form in enumerate(forms_of(shown)) if form.method == "post" and text_fields(form)]
    for place in places:
        form = forms_of(browser.get(url))[place]
        answer = browser.submit(form, **{name: hostile for name in text_fields(form)})
        assert answer.status_code < 500, f"{form.action}: {answer.status_code}\n{answer.text[:2000]}"
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
        assert "Set-Cookie: x=y" not in str(answer.headers)
        assert form.fields["csrf_token"] not in re.sub(r"<input[^>]*>", "", answer.text), (
            "a template was not read as one"
        )
    assert everything.people[who].browser.get(everything.account.url(), follow=False).status_code == 200
