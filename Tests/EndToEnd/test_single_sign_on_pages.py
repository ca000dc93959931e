"""Single sign-on in Chromium: set up, tested, used; every state of its pages is for everybody."""

import re

import pytest

from harness.accessibility import axe_violations, check_keyboard
from harness.chromium import NARROW_DARK, NO_SCRIPT, WIDE
from harness.company import Company
from harness.identity_provider import IdentityProvider


@pytest.fixture
def provider(own_stage):
    return own_stage.keep(IdentityProvider())


def judge(window, name: str) -> None:
    window.picture("single-sign-on " + name)
    wrong = window.overflow() + (axe_violations(window.page) if window.look.script else [])
    check_keyboard(window.page)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("look", [WIDE, NARROW_DARK, NO_SCRIPT], ids=str)
def test_an_administrator_sets_it_up_and_people_come_in_by_the_button(server, provider, chromium, look):
    account = server.create_account()
    account.admin.accept_invite()
    window = chromium.of(account.admin, look, {provider.origin})
    page = window.page
    window.open(account.url("single-sign-on"))
    page.get_by_label("Issuer").fill("https://no-such-host.invalid")
    page.get_by_label("Client ID").fill(provider.client_id)
    page.get_by_label("Client secret").fill(provider.client_secret)
    page.get_by_label("Words on the button").fill("Sign in with Corp")
    page.get_by_role("button", name="Save the settings").click()
    page.locator(".field.wrong").wait_for()
    assert page.get_by_label("Client ID").input_value() == provider.client_id
    assert page.get_by_label("Client secret").input_value() == ""
    judge(window, "refused")

    page.get_by_label("Issuer").fill(provider.issuer)
    page.get_by_label("Client secret").fill(provider.client_secret)
    page.get_by_label("Add people who are not known yet").check()
    page.get_by_label("Claim that decides about roles").fill("roles")
    page.get_by_label("What its values mean").fill("staff = publisher")
    page.get_by_role("button", name="Save the settings").click()
    page.get_by_text("The settings are kept").wait_for()
    # The form leads to another origin: a policy that forbids it would keep the browser here.
    provider.person = {"sub": "ada", "email": "ada@corp.example", "email_verified": True, "roles": ["staff", "x" * 90]}
    page.get_by_role("button", name="Test the settings").click()
    page.get_by_text("What came of your test").wait_for()
    judge(window, "tested")
    page.get_by_role("button", name="This is me").click()
    page.get_by_text("The settings are in force").wait_for()
    assert page.get_by_role("button", name="This is me").count() == 0, "there is nothing left to do with the test"
    page.get_by_label("Email of an administrator").fill(account.admin.email)
    page.get_by_role("button", name="Name for emergencies").click()
    page.get_by_text("was changed").wait_for()
    page.get_by_text("Turn passwords off").first.click()
    page.get_by_role("button", name="Turn passwords off").click()
    page.get_by_text("Passwords are off, but").wait_for()
    judge(window, "in force")

    provider.person = {"sub": "pat", "email": "pat@corp.example", "email_verified": True, "roles": ["staff"]}
    other = chromium.window(look, {server.base_url, provider.origin})
    other.open(account.url("?headed=there"))
    assert "/sign-in" in other.page.url
    judge(other, "sign-in")
    other.page.get_by_role("link", name="Sign in with Corp").click()
    other.page.wait_for_url(re.compile(re.escape(account.url("?headed=there"))))
    other.sign_out()
    other.page.get_by_role("heading", name="You are signed out of Gatehouse").wait_for()
    judge(other, "signed out")
    provider.person = {"sub": "eve", "email": "eve@corp.example"}
    other.page.get_by_role("link", name="Sign in again").click()
    other.page.get_by_role("link", name="Sign in with Corp").click()
    other.page.get_by_role("alert").wait_for()
    assert "verified" in other.page.get_by_role("alert").inner_text()
    judge(other, "refused person")

    window.open(account.url("single-sign-on/people"))
    page.get_by_text("pat@corp.example").first.wait_for()
    judge(window, "people")


def test_a_phone_that_begins_at_the_providers_page_ends_where_it_should(server, provider, chromium):
    company = Company(server, provider).set_up(creates_users="on", domains="corp.example")
    provider.person = {"sub": "pia", "email": "pia@corp.example", "email_verified": True}
    window = chromium.window(NARROW_DARK, {server.base_url, provider.origin})
    window.open(company.account.url("sign-in/start") + f"?iss={provider.issuer}")
    window.page.wait_for_url(company.account.url())
