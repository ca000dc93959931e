"""What viewers meet: the page before content that acts for them, and My connections."""

import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from harness.account import Person
from harness.browser import Browser, form_with, forms_of, links_of
from harness.listener import Listener
from harness.nginx import Nginx
from harness.scene import Scene, play
from harness.waiting import free_port

LOGIN = "/__oauth__/integrations/"


class House:
    """Content behind nginx that uses two data sources, and people who have not logged in to any."""

    def __init__(self, stage) -> None:
        port = free_port()
        self.server = stage.gatehouse(content_port=port)
        self.app = stage.keep(Listener())
        self.nginx = stage.keep(Nginx(stage.folder("nginx"), self.server.listen, port))
        self.databricks, self.snowflake = stage.simulator("databricks"), stage.simulator("snowflake")
        self.scene = play(self.server, self.databricks, log_in=False)
        self.account, self.publisher = self.scene.account, self.scene.publisher
        self.lake = self.scene.integration
        self.warehouse = self.account.add_integration(
            self.snowflake, "Cellar", scopes="refresh_token session:role:ANALYST"
        )
        self.content = self.add("Quarterly sales", self.lake, self.warehouse)

    def add(self, title: str, *integrations: dict, **more) -> dict:
        given = {"title": title, "upstream_url": self.app.origin, **more}
        return self.account.add_content(self.publisher, *integrations, **given)

    def url(self, rest: str = "/", content: dict | None = None) -> str:
        return f"{self.nginx.origin}/content/{(content or self.content)['guid']}{rest}"

    def page_url(self, to: str | None = None, content: dict | None = None) -> str:
        path = f"content/{(content or self.content)['guid']}/log-in"
        return self.account.url(path + ("" if to is None else "?" + urlencode({"to": to})))

    def viewer(self, name: str) -> Person:
        """A fresh person, known at both providers, who has signed in here."""
        person = self.account.add("viewer")
        person.accept_invite()
        for provider in (self.databricks, self.snowflake):
            if name not in provider.passwords:
                provider.add_user(name)
        return person


@pytest.fixture(scope="module")
def house(stage) -> House:
    return House(stage)


@pytest.fixture
def viewer(house, request):
    return house.viewer("ines")


def words(page) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))


def logins(page) -> list[str]:
    return [link for link in links_of(page) if LOGIN in link and "/login?" in link]


# The page before content.


def test_the_page_says_what_opens_whose_it_is_and_what_it_will_see(house, viewer):
    page = viewer.browser.get(house.url("/deep/link?q=1&r=%2F"))
    assert page.status_code == 200 and page.url.startswith(house.account.url("content/")), page.url
    said = words(page)
    assert "Log in for Quarterly sales" in said and house.publisher.email in said
    assert "Warehouse" in said and "Databricks" in said and "Cellar" in said and "Snowflake" in said
    assert "Query the data in Databricks that you may see sql" in said
    assert "Work with your role ANALYST" in said and "2 logins are missing." in said
    assert len(logins(page)) == 2 and said.count("Not logged in") == 2
    assert house.account.url() in links_of(page), "not now leads home"


def test_it_comes_back_after_each_login_and_then_goes_on_to_exactly_where_they_were_headed(house, viewer):
    target = house.url("/deep/link?q=1&r=%2F&u=https://evil.example/")
    page = viewer.browser.get(target)
    form = viewer.browser.get(logins(page)[0])
    back = house.databricks.sign_in(viewer.browser, form, "ines")
    again = viewer.browser.get(back.headers["Location"])
    assert again.url == page.url and len(logins(again)) == 1 and house.warehouse["guid"] in logins(again)[0]
    assert "Logged in" in words(again) and "1 login is missing." in words(again)
    landed = viewer.log_in_for_content(house.snowflake, again, "ines")
    assert landed.url == target and landed.json()["path"] == target.split(house.content["guid"])[1]
    assert viewer.browser.get(target, follow=False).status_code == 200


def test_a_login_that_failed_says_why_and_is_offered_again(house, viewer):
    page = viewer.browser.get(house.url("/x"))
    callback = parse_qs(urlsplit(viewer.browser.get(logins(page)[0], follow=False).headers["Location"]).query)
    answer = {"state": callback["state"][0], "error": "access_denied"}
    failed = viewer.browser.get(callback["redirect_uri"][0] + "?" + urlencode(answer))
    assert failed.status_code == 400
    assert "access was denied" in words(failed) and "Log in for Quarterly sales" in words(failed)
    assert [urlsplit(link).path for link in logins(failed)] == [urlsplit(link).path for link in logins(page)]
    assert "to=" in parse_qs(urlsplit(logins(failed)[0]).query)["redirect"][0]


def test_a_login_that_must_be_repeated_says_why(house, viewer):
    content = house.add("Lake", house.lake)
    page = viewer.browser.get(house.url("/", content))
    landed = viewer.log_in_for_content(house.databricks, page, "ines")
    token = dict(landed.json()["headers"])["Posit-Connect-User-Session-Token"]
    house.databricks.revoke("ines")
    assert house.publisher.api.exchange(token, headers={"Cache-Control": "no-cache"}).status_code == 400
    again = viewer.browser.get(house.url("/", content))
    assert "Log in again The provider has ended your login there" in words(again)
    assert viewer.log_in_for_content(house.databricks, again, "ines").url == house.url("/", content)


def test_a_login_that_nothing_renews_is_asked_for_when_it_has_ended(own_stage):
    """Without a refresh token the end of the access token is the end."""
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, scopes="all-apis sql")
    assert scene.viewer.open_content(scene.content).status_code == 200
    server.restart(clock_offset=7200)
    page = scene.viewer.open_content(scene.content)
    assert page.url.startswith(scene.account.url("content/")), page.url
    assert "Access has ended, and the provider gave no way to renew it." in words(page)


def test_what_needs_no_viewer_needs_no_page(house, viewer, own_stage):
    robot = house.account.add_service_account(own_stage.simulator("databricks"))
    visitor = house.account.integrate("connect", max_role="Viewer")
    content = house.add("Robot", robot, visitor)
    assert viewer.browser.get(house.url("/", content)).json()["path"] == "/"
    straight = viewer.browser.get(house.page_url(content=content), follow=False)
    assert straight.status_code == 303 and straight.headers["Location"] == house.url("/", content)


def test_it_is_for_those_who_may_open_the_content(house, viewer):
    private = house.add("Private", house.lake, access_type="acl")
    refused = viewer.browser.get(house.page_url(content=private))
    assert refused.status_code == 403 and "Private" not in refused.text
    house.account.admin.accept_invite()
    assert house.account.admin.browser.get(house.page_url(content=private)).status_code == 403
    stranger = house.server.create_account().admin
    stranger.accept_invite()
    elsewhere = stranger.account.url(f"content/{house.content['guid']}/log-in")
    assert stranger.browser.get(elsewhere).status_code == 404
    signed_out = Browser().get(house.page_url())
    assert "/sign-in" in signed_out.url and "Quarterly" not in signed_out.text


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/", "//evil.example/", "/accounts/x/", "javascript:alert(1)", "", "x" * 5000,
        "/content/822b33ad-87c1-8f72-9c54-aa4b6cf28dfc/", "/content/{}/../x", "/content/{}/a\r\nb",
    ],
)  # fmt: skip
def test_it_leads_nowhere_else(house, viewer, to):
    answer = viewer.browser.get(house.page_url(to.format(house.content["guid"])), follow=False)
    assert answer.status_code == 400 and "Location" not in answer.headers


def test_the_page_can_be_asked_for_by_a_long_address(house, viewer):
    rest = "/deep/?" + "x=%25&" * 1365
    page = viewer.browser.get(house.url(rest))
    assert page.status_code == 200 and "Log in for" in page.text and len(page.url) < 12_000
    rest = rest[:2000]
    typed = viewer.browser.get(house.page_url(f"/content/{house.content['guid']}{rest}"))
    assert typed.status_code == 200 and logins(typed) == logins(viewer.browser.get(house.url(rest)))


def test_names_are_text(house, viewer):
    name = "<script>alert('x')</script> \u05e9\u05dc\u05d5\u05dd \U0001f4ca"
    source = house.account.add_integration(house.databricks, name)
    content = house.add("<img src=x onerror=alert(1)>", source)
    page = viewer.browser.get(house.page_url(content=content))
    assert "<script>alert" not in page.text and "<img" not in page.text
    assert "<script>alert('x')</script>" in words(page)
    assert "<script>alert" not in viewer.browser.get(house.account.url("?q=script")).text


# Logins that another site's page begins.


def test_a_login_that_another_site_begins_is_asked_about_first(house, viewer):
    path = house.server.url(f"{LOGIN}{house.lake['guid']}/login?" + urlencode({"redirect": house.url("/x")}))
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        asked = viewer.browser.get(path, headers=headers)
        assert asked.status_code == 200 and "Another page has sent you here." in asked.text
        assert "Query the data in Databricks that you may see" in words(asked)
        assert viewer.browser.cookies_named("gatehouse-login-") == {}
    [go_on] = logins(asked)
    assert viewer.browser.get(go_on, follow=False).status_code == 302
    assert parse_qs(urlsplit(go_on).query)["redirect"] == [urlsplit(house.url("/x")).path]
    unseen = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}
    assert viewer.browser.get(path, headers=unseen, follow=False).status_code == 403


def test_what_that_page_cannot_lead_to_is_refused(house, viewer):
    visitor = house.account.integrate("connect", "Keys", max_role="Viewer")
    page = lambda guid, to="/": viewer.browser.get(  # noqa: E731
        house.account.url(f"connections/{guid}/log-in?") + urlencode({"redirect": to}), follow=False
    )
    assert page(house.lake["guid"]).status_code == 200
    assert page(house.lake["guid"], "https://evil.example/").status_code == 400
    assert page(visitor["guid"]).status_code == 400
    assert page(house.content["guid"]).status_code == page("x").status_code == 404


# My connections.


def row_of(page, name: str) -> str:
    rows = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page.text, re.DOTALL)
    found = [row for row in rows if html.unescape(row).startswith(name)]
    assert len(found) == 1, f"{name}: {len(found)} rows"
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", found[0])))


def test_my_connections_tell_of_every_data_source(house, viewer):
    before = viewer.browser.get(house.account.url())
    assert "Not logged in" in row_of(before, "Warehouse") and "Quarterly sales" in row_of(before, "Warehouse")
    viewer.log_in_at(house.databricks, house.lake, "ines")
    row = row_of(viewer.browser.get(house.account.url()), "Warehouse")
    assert re.search(r"Logged in since \d+ \w+ 20\d\d", row) and "and renews itself." in row
    assert "Access ends" in row and "Log out" in row and "Log in to" not in row
    assert "Not logged in" in row_of(viewer.browser.get(house.account.url()), "Cellar")


def test_the_details_are_all_there_without_a_script_and_hold_no_secret(house, viewer):
    page = viewer.browser.get(house.account.url())
    assert f'popovertarget="details-{house.lake["guid"]}"' in page.text
    start = rf'<dialog popover closedby="any" id="details-{house.lake["guid"]}"'
    [dialog] = re.findall(start + ".*?</dl>", page.text, re.DOTALL)
    host = house.databricks.host
    for known in (
        house.lake["guid"],
        house.lake["config"]["client_id"],
        f"{host}/oidc/v1/authorize",
        f"{host}/oidc/v1/token",
    ):
        assert html.escape(known) in dialog, known
    assert "all-apis sql offline_access openid profile email" in dialog
    assert house.databricks.client_secret not in page.text and "sealed" not in page.text
    assert dialog.count('class="plain copy" hidden') == 1 and 'Copy<span class="hidden"> the GUID' in dialog


def test_logging_out_is_a_form_and_comes_back(house, viewer):
    viewer.log_in_at(house.databricks, house.lake, "ines")
    page = viewer.browser.get(house.account.url("?q=ware"))
    assert not [link for link in links_of(page) if link.endswith("/logout")], "no link logs out"
    [form] = [form for form in forms_of(page) if form.action.endswith(f"{house.lake['guid']}/logout")]
    assert form.method == "post"
    done = viewer.browser.submit(form)
    assert "You are logged out." in done.text and parse_qs(urlsplit(done.url).query)["q"] == ["ware"]
    assert viewer.api.ok("GET", "v1/oauth/sessions") == []
    forged = viewer.browser.post(form.action, {**form.fields, "csrf_token": "x"}, follow=False)
    assert forged.status_code == 403


def test_a_login_from_there_comes_back_there(house, viewer):
    page = viewer.browser.get(house.account.url("?q=ware"))
    [login] = [link for link in logins(page) if house.lake["guid"] in link]
    back = house.databricks.sign_in(viewer.browser, viewer.browser.get(login), "ines")
    landed = viewer.browser.get(back.headers["Location"])
    assert "You are logged in." in landed.text and parse_qs(urlsplit(landed.url).query)["q"] == ["ware"]


def test_only_content_that_one_may_open_is_named(house, viewer):
    lonely = house.account.add_integration(house.databricks, "Hidden use")
    secret = house.add("Takeover plans", lonely, access_type="acl")
    page = viewer.browser.get(house.account.url("?q=hidden"))
    assert "Takeover" not in page.text and "Nothing yet" in row_of(page, "Hidden use")
    body = {"principal_guid": viewer.guid, "principal_type": "user", "role": "viewer"}
    house.publisher.api.ok("POST", f"v1/content/{secret['guid']}/permissions", json=body)
    assert "Takeover plans" in row_of(viewer.browser.get(house.account.url("?q=hidden")), "Hidden use")


@pytest.fixture(scope="module")
def crowded(stage) -> Scene:
    """An account with so many data sources that they need pages."""
    server, provider = stage.gatehouse(), stage.simulator("databricks")
    scene = play(server, provider, name="Zebra")
    config = scene.integration["config"] | {"client_secret": provider.client_secret}
    config = {key: config[key] for key in ("auth_type", "workspace_host", "client_id", "client_secret", "scopes")}
    for number in range(22):
        scene.account.integrate("databricks", f"Source {number:02}", **config)
    used = scene.account.integrate("databricks", "Yak", **config)
    scene.account.associate(scene.publisher, scene.content, scene.integration, used)
    return scene


def names_on(page) -> list[str]:
    return re.findall(r'<th scope="row">(.*?)<div', page.text)


def test_a_long_list_has_pages_those_in_use_first(crowded):
    first = crowded.viewer.browser.get(crowded.account.url())
    assert names_on(first)[:3] == ["Zebra", "Yak", "Source 00"] and len(names_on(first)) == 12
    second = crowded.viewer.browser.get(crowded.account.url("?page=2"))
    assert names_on(second) == [f"Source {number:02}" for number in range(10, 22)]
    assert len(set(names_on(first) + names_on(second))) == 24


def test_the_list_is_searched_in_names_descriptions_and_kinds(crowded):
    search = lambda text: names_on(crowded.viewer.browser.get(crowded.account.url("?" + urlencode({"q": text}))))  # noqa: E731
    assert search("sOURCE 1") == [f"Source {number}" for number in range(10, 20)]
    assert len(search("databricks")) == 12 and search("zebra of") == ["Zebra"]
    assert search("%") == search("_") == search("nothing such") == []


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999999", "q=" + "x" * 201, "q=%FF", "q=1&q=2"])
def test_a_query_that_is_none_is_refused(house, viewer, query):
    assert viewer.browser.get(house.account.url("?" + query)).status_code == 400


def test_an_account_without_data_sources_says_who_adds_one(server):
    admin = server.create_account().admin
    page = admin.accept_invite()
    assert "There is no data source yet. Begin here:" in page.text and admin.account.url(
        "integrations/new"
    ) in links_of(page)
    assert form_with(page, "csrf_token").action.endswith("/sign-out")


def test_details_are_a_dialog_that_keeps_the_focus(house, viewer, person_in_chromium):
    window = person_in_chromium(viewer)
    window.open(house.account.url())
    page = window.page
    button = page.get_by_role("button", name="Details of Cellar")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Cellar")
    dialog.wait_for()
    for _ in range(6):
        inside = page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        assert inside, "the focus is in the dialog"
        page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert button.evaluate("(one) => one === document.activeElement")
    button.click()
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="hidden")


def test_an_address_that_is_none_keeps_the_navigation_and_says_so(house, viewer):
    page = viewer.browser.get(house.account.url("nothing-here"))
    assert page.status_code == 404 and "There is no such page here." in page.text
    assert "My connections" in page.text and ">Back to the start<" in page.text
    alone = Browser().get(house.server.url("/nothing"))
    assert alone.status_code == 404 and f'href="{house.server.base_url}/">Back to the start<' in alone.text
