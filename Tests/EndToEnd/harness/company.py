"""An account whose people sign in at an identity provider, and the steps that they and its administrator take."""

import requests

from .account import Account, Person
from .browser import Browser, Form, form_with, forms_of
from .identity_provider import IdentityProvider
from .providers import CanailleProvider

PASSPHRASE = "a-very-long-passphrase"


def form_to(page: requests.Response, end: str) -> Form:
    """The form of the page that goes to an address with that end."""
    found = [form for form in forms_of(page) if form.action.endswith(end)]
    assert found, f"no form to {end} at {page.status_code} {page.url}\n{page.text[:3000]}"
    return found[0]


class Company:
    """An account, its administrator with a password, and where its people sign in."""

    def __init__(self, server, provider: IdentityProvider | CanailleProvider, account: Account | None = None) -> None:
        self.server, self.provider = server, provider
        self.account: Account = account or server.create_account()
        self.admin: Person = self.account.admin
        if not self.admin.has_password:
            self.admin.accept_invite()
        self.issuer = provider.origin
        # Who the administrator is at a provider that does as it is told.
        self.admin_there = {"sub": "ada", "email": "ada@corp.example", "email_verified": True}

    # The administrator.

    def page(self) -> requests.Response:
        page = self.admin.browser.get(self.account.url("single-sign-on"))
        assert page.status_code == 200, f"{page.status_code} {page.text[:2000]}"
        return page

    def save(self, **fields) -> requests.Response:
        """The form with these fields over what is in it; `None` unticks a box."""
        form = form_with(self.page(), "issuer", "client_id")
        given = {"issuer": self.issuer, "client_id": self.provider.client_id}
        given |= {"client_secret": self.provider.client_secret, "label": "Sign in with Corp", **fields}
        for name in [name for name, value in given.items() if value is None]:
            form.fields.pop(name, None)
            del given[name]
        return self.admin.browser.submit(form, **given)

    def press(self, end: str, **fields) -> requests.Response:
        return self.admin.browser.submit(form_to(self.page(), "single-sign-on/" + end), **fields)

    def test(self, username: str | None = None) -> requests.Response:
        """The administrator's test sign-in, to the page that shows what came of it."""
        start = self.admin.browser.submit(form_to(self.page(), "single-sign-on/test"), follow=False)
        assert start.status_code == 303, f"{start.status_code} {start.text[:2000]}"
        if not isinstance(self.provider, IdentityProvider):
            return self.through_provider(self.admin.browser, start, username)
        somebody, self.provider.person = self.provider.person, self.admin_there
        answer = self.through_provider(self.admin.browser, start)
        self.provider.person = somebody
        return answer

    def set_up(self, username: str | None = None, **fields) -> "Company":
        """Settings, a test, and in force; whoever the provider says signs in is the administrator from then on."""
        saved = self.save(**fields)
        assert saved.status_code == 200 and "The settings are kept" in saved.text, saved.text[:4000]
        tested = self.test(username)
        assert "What came of your test" in tested.text, tested.text[:4000]
        used = self.press("use")
        assert "The settings are in force" in used.text, used.text[:4000]
        return self

    # Everybody.

    def start(self, browser: Browser, **query) -> requests.Response:
        return browser.get(self.account.url("sign-in/start"), follow=False, params=query)

    def through_provider(
        self, browser: Browser, start: requests.Response, username: str | None = None
    ) -> requests.Response:
        """From the redirect to the provider to where it ends at Gatehouse."""
        if isinstance(self.provider, IdentityProvider):
            return browser.get(start.headers["Location"])
        return browser.get(self.callback(browser, start, username))

    def callback(self, browser: Browser, start: requests.Response, username: str | None = None) -> str:
        """The address that the provider sends the browser back to, which has not been asked for yet."""
        assert start.is_redirect, f"{start.status_code} {start.text[:2000]}"
        if isinstance(self.provider, IdentityProvider):
            return browser.get(start.headers["Location"], follow=False).headers["Location"]
        # The person's browser is another one at the provider, so that each sign-in there asks who it is.
        there = Browser()
        page = there.get(start.headers["Location"])
        return self.provider.sign_in_and_allow(there, page, username, PASSPHRASE).headers["Location"]

    def sign_in(self, username: str | None = None, browser: Browser | None = None, **query) -> requests.Response:
        browser = browser or Browser(self.server.journal)
        return self.through_provider(browser, self.start(browser, **query), username)

    def is_in(self, answer: requests.Response) -> bool:
        return answer.status_code == 200 and "My connections" in answer.text

    # What the administrator sees of it.

    def user(self, email: str) -> dict | None:
        found = self.admin.api.ok("GET", "v1/users", params={"prefix": email})["results"]
        return next((one for one in found if one["email"] == email), None)

    def audit(self, action: str) -> list[dict]:
        lines = self.admin.api.ok("GET", "v1/audit_logs", params={"action": action})
        return lines["results"]
