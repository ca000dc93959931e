"""What each role does, through the doors that the role has: the admin's, publisher's and viewers' parts."""

import secrets

from posit.connect import Client

from browser import Browser
from processes import DemoError

MOST_PROVIDER_LOGINS = 3


def accept_invitation(invite_url):
    """A person opens their invitation and chooses a password. Gives the password and the signed-in browser."""
    browser = Browser()
    browser.open(invite_url)
    browser.require("Opening the invitation")
    form = browser.form_with("password", "password_again")
    if form is None:
        raise DemoError("The invitation's page has no form for a password.")
    password = secrets.token_urlsafe(12)
    browser.fill_in(form, password=password, password_again=password)
    browser.require("Choosing a password")
    return password, browser


def find_data_source(base_url, admin_key, name):
    """The admin looks at the data source that the manifest made."""
    client = Client(base_url, admin_key)
    found = client.oauth.integrations.find_by(name=f"^{name}$")
    if found is None:
        raise DemoError(f"The manifest was applied, but there is no data source called {name}.")
    return client.oauth.integrations.get(found["guid"])


def publish(base_url, publisher_key, title, upstream_url, integration_guid):
    """The publisher registers the content, says where it runs and attaches the data source."""
    client = Client(base_url, publisher_key)
    content = client.content.create(title=title, access_type="logged_in")
    content.update(upstream_url=upstream_url)
    content.oauth.associations.update(integration_guid)
    attached = [association["oauth_integration_guid"] for association in content.oauth.associations.find()]
    if attached != [integration_guid]:
        raise DemoError(f"The data source was attached to {title}, but its associations are {attached}.")
    return content


def view(browser, content_url, provider, username):
    """The viewer opens the content; a page says what to log in to, and at the provider they do. Gives what they see."""
    browser.open(content_url)
    for _ in range(MOST_PROVIDER_LOGINS):
        if login := browser.link_to("/__oauth__/integrations/"):
            browser.open(login)
        form = browser.form_with("username", "password")
        if form is None:
            break
        if not browser.page.url.startswith(provider.url):
            raise DemoError(f"A page that is not the provider's asks for its password: {browser.page.url}")
        browser.fill_in(form, username=username, password=provider.people[username])
    browser.require(f"Opening the content as {username}")
    seen = browser.open(f"{content_url}?format=json")
    browser.require(f"Reading the content as {username}")
    return seen.json()


def sessions_of(base_url, admin_key):
    # posit-sdk's resources do not keep their client alive.
    client = Client(base_url, admin_key)
    return client.oauth.sessions.find(all=True)
