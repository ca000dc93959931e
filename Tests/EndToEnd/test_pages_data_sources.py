"""An administrator's data sources in the browser: list, add, edit, test, attach, delete; with whatever is typed."""

import html
import re
import threading
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from harness import seeded
from harness.browser import Browser, form_with, forms_of
from harness.scene import play
from harness.templates import CLIENT, SECRET, TENANT, TYPED, service_account_key

HOST = "dbc-1.cloud.databricks.com"
RIGHT = {"client_id": "client", "client_secret": SECRET, "host_url": HOST}
STRANGE = {
    "empty": "",
    "blank": "   ",
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "template": "{{csrf_token}} {{{body}}}",
    "emoji": "🧱❄️ Größe 数据源",
    "right-to-left": "مصدر البيانات",
    "override": "abc\u202egpj.exe",
    "control": "a\x07b",
    "two lines": "a\r\nb",
    "sql": "'; DROP TABLE integration; --",
    "long": "x" * 256,
    "huge": "y" * 100_000,
}
NAMES = {"script", "attribute", "template", "emoji", "right-to-left", "sql"}
"""What a name may be."""


def text_of(page) -> str:
    """What a person reads, roughly."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text)))


@pytest.fixture
def admin(server):
    account = server.create_account()
    account.admin.accept_invite()
    return account.admin


def sources(person) -> list[dict]:
    return person.api.ok("GET", "v1/oauth/integrations")


def open_new(admin, template: str = "databricks"):
    return admin.browser.get(admin.account.url(f"integrations/new?template={template}"))


def add(admin, template: str = "databricks", **fields):
    page = open_new(admin, template)
    return admin.browser.submit(form_with(page, "name", "template", "auth_type"), **fields)


def guid_of(page) -> str:
    return urlsplit(page.url).path.rsplit("/", 1)[1]


def at(admin, integration: dict | str, rest: str = "") -> str:
    guid = integration if isinstance(integration, str) else integration["guid"]
    return admin.account.url(f"integrations/{guid}" + (f"/{rest}" if rest else ""))


# The list.


def test_an_empty_list_says_what_to_do_next(admin):
    page = admin.browser.get(admin.account.url("integrations"))
    assert page.status_code == 200 and "Add the first one" in page.text
    assert admin.account.url("integrations/new").removeprefix(admin.server.base_url) in page.text


def test_the_list_counts_content_and_logins_and_leads_there(server, databricks):
    scene = play(server, databricks)
    admin = scene.account.admin
    admin.accept_invite()
    other = scene.account.add_content(scene.publisher, scene.integration, title="Costs & benefits")
    page = admin.browser.get(admin.account.url("integrations"))
    words = text_of(page)
    assert scene.integration["name"] in words and "Databricks" in words and scene.integration["description"] in words
    assert "1 logged in" in words and "must log in again" not in words
    assert re.search(r'#content">2<', page.text), "two contents use it"
    details = admin.browser.get(at(admin, scene.integration))
    assert f'/content/{other["guid"]}"' in details.text and "Costs & benefits" in text_of(details)
    assert "Logged in 1" in text_of(details)


def test_a_session_that_ended_is_counted_with_its_reason(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    scene.account.admin.accept_invite()
    provider.revoke("vera")
    server.restart(clock_offset=2 * 3600)
    scene.refused(220)
    admin = scene.account.admin
    assert "1 must log in again" in text_of(admin.browser.get(admin.account.url("integrations")))
    words = text_of(admin.browser.get(at(admin, scene.integration)))
    assert "Must log in again 1: the provider does not accept the refresh token any more" in words


def test_the_list_is_searched_by_name_provider_and_description(admin):
    made = {
        "Ünïque name": admin.account.integrate("github", "Ünïque name", **CLIENT),
        "Other": admin.account.integrate("snowflake", "Other", **CLIENT, account_url="a-b.snowflakecomputing.com"),
    }
    path = f"v1/oauth/integrations/{made['Other']['guid']}"
    admin.api.ok("PATCH", path, json={"description": "The finance people's"})

    def found(query: str) -> set[str]:
        page = admin.browser.get(admin.account.url("integrations"), params={"q": query})
        assert page.status_code == 200
        return {name for name in made if f">{name}</a>" in page.text}

    assert found("ÜNÏQUE") == {"Ünïque name"}
    assert found("gith") == {"Ünïque name"} and found("SNOWFL") == {"Other"}
    assert found("finance") == {"Other"}
    assert found("") == set(made)
    for strange in ("%", "_", "nothing like that", "'"):
        assert found(strange) == ({"Other"} if strange == "'" else set()), strange
    assert "No data source has that" in admin.browser.get(admin.account.url("integrations?q=zzz")).text


def test_a_long_list_comes_in_pages_by_name(admin):
    for number in range(23):
        admin.account.integrate("connect", f"source {number:02}", max_role="Viewer")
    first = admin.browser.get(admin.account.url("integrations"))
    assert "23 data sources" in first.text and "Page 1 of 2" in first.text
    assert re.findall(r">source (\d\d)</a>", first.text) == [f"{number:02}" for number in range(20)]
    second = admin.browser.get(admin.account.url("integrations?page=2&q=source"))
    assert re.findall(r">source (\d\d)</a>", second.text) == ["20", "21", "22"]
    assert "q=source&amp;page=1" in second.text, "the search goes along"
    for wrong in ("0", "-1", "x", "99999999"):
        assert admin.browser.get(admin.account.url(f"integrations?page={wrong}")).status_code == 400


# Adding one.


def test_every_provider_is_a_card(admin):
    page = admin.browser.get(admin.account.url("integrations/new"))
    for one in admin.api.ok("GET", "v1/oauth/templates"):
        assert f'name="choose" value="{one["id"]}"' in page.text
        assert one["name"] in text_of(page) and one["description"] in text_of(page)


def test_another_card_keeps_what_was_typed(admin):
    form = form_with(open_new(admin), "name", "client_id")
    typed = {"name": "Typed name", "description": "of Acme", "client_id": "typed-id", "client_secret": SECRET}
    shown = admin.browser.submit(form, button=("choose", "snowflake"), **typed)
    assert shown.status_code == 200 and sources(admin) == [] and SECRET not in shown.text
    again = form_with(shown, "name", "client_id")
    assert again.fields["template"] == "snowflake"
    assert {name: again.fields[name] for name in ("name", "client_id")} == {
        "name": "Typed name",
        "client_id": "typed-id",
    }
    assert again.fields["description"].strip() == "of Acme"
    assert again.fields["scopes"] == form_with(open_new(admin, "snowflake"), "scopes").fields["scopes"], (
        "its own default"
    )


def test_enter_adds_and_a_card_chooses_in_a_browser(admin, person_in_chromium):
    window = person_in_chromium(admin)
    window.open(admin.account.url("integrations/new"))
    window.page.locator("[name=name]").fill("Typed name")
    window.page.locator(".providers button[value=github]").click()
    window.page.locator("input[name=template][value=github]").wait_for(state="attached")
    assert window.page.locator("[name=name]").input_value() == "Typed name"
    for name, value in CLIENT.items():
        window.page.locator(f"[name={name}]").fill(value)
    window.page.locator("[name=name]").press("Enter")
    window.page.wait_for_url(lambda url: "/new" not in url)
    assert [one["template"] for one in sources(admin)] == ["github"]


def test_the_form_has_the_providers_defaults_and_the_redirect_uri(admin):
    page = open_new(admin)
    form = form_with(page, "name", "description", "client_id", "client_secret", "host_url", "scopes")
    assert form.fields["scopes"] == "all-apis sql offline_access openid profile email"
    assert form.types["client_secret"] == "password"
    assert f"<code>{admin.server.base_url}/v1/integrations/callback</code>" in page.text
    assert "App connections" in page.text, "how to register it at Databricks"


def test_snowflakes_statement_has_the_right_redirect_uri(admin):
    page = open_new(admin, "snowflake")
    statements = [html.unescape(text) for text in re.findall(r'<pre tabindex="0">(.*?)</pre>', page.text, re.DOTALL)]
    assert statements[0].startswith("CREATE SECURITY INTEGRATION GATEHOUSE\n")
    assert f"\n  OAUTH_REDIRECT_URI = '{admin.server.base_url}/v1/integrations/callback'\n" in statements[0]
    # Snowflake asks for this where the address is http, as in this test.
    assert "OAUTH_ALLOW_NON_TLS_REDIRECT_URI = TRUE" in statements[0]
    assert statements[0].rstrip().endswith(";") and "{" not in statements[0]
    assert statements[1] == "SELECT SYSTEM$SHOW_OAUTH_CLIENT_SECRETS('GATEHOUSE');"
    done = add(admin, "snowflake", name="Snow", **RIGHT | {"host_url": "a-b.snowflakecomputing.com"})
    assert statements[0] in html.unescape(done.text), "and so has the page of the data source"


def test_a_custom_sources_redirect_uri_comes_first_once_it_is_known(admin):
    assert "/callback" not in open_new(admin, "custom").text
    done = add(admin, "custom", name="Own", **CLIENT | TYPED)
    guid = guid_of(done)
    uri = f"{admin.server.base_url}/__oauth__/integrations/{guid}/callback"
    assert admin.api.ok("GET", f"v1/oauth/integrations/{guid}")["redirect_uri"] == uri
    assert "Next: register this redirect URI" in done.text
    assert done.text.index(uri) < done.text.index(">Settings<")
    assert "Next: register" not in admin.browser.get(at(admin, guid)).text, "only right after it was added"


def test_aws_is_told_whom_to_trust(admin):
    page = html.unescape(open_new(admin, "aws").text)
    issuer = admin.server.url(f"/accounts/{admin.account.slug}")
    assert f'<pre tabindex="0">{issuer}</pre>' in page
    assert f'"{issuer.split("//")[1]}:aud": "sts.amazonaws.com"' in page


def test_a_choice_shows_other_fields_without_a_script_and_keeps_what_was_typed(admin):
    page = open_new(admin, "custom")
    form = form_with(page, "name", "auth_type")

    def away(answer) -> set[str]:
        pieces = re.findall(r'<fieldset class="when"[^>]*?( hidden disabled)?>(.*?)</fieldset>', answer.text, re.DOTALL)
        return {re.search(r'name="(\w+)"', piece)[1] for hidden, piece in pieces if hidden}

    assert {"private_key", "audience"} <= away(page) and not {"authorization_uri", "auth_mode"} & away(page)
    assert ("update", "form") in form.buttons and form.buttons[0] == ("", ""), "Enter adds, and does not update"
    typed = {"name": "Typed name", "client_id": "typed-id", "client_secret": SECRET, "description": "two\r\nlines"}
    shown = admin.browser.submit(form, button=("update", "form"), **typed, auth_type="Service Account")
    assert shown.status_code == 200 and sources(admin) == []
    assert {"auth_mode", "authorization_uri", "callback"} <= away(shown) and "audience" not in away(shown)
    assert re.search(r'data-when[^>]* hidden>\s*<p class="note">The redirect URI', shown.text), "nobody logs in"
    again = form_with(shown, "name", "auth_type")
    assert again.fields["name"] == "Typed name" and again.fields["client_id"] == "typed-id"
    assert again.fields["auth_type"] == "Service Account" and SECRET not in shown.text
    assert again.fields["description"].replace("\r\n", "\n").strip() == "two\nlines"


def test_defaults_follow_the_choice_but_what_was_typed_stays(admin):
    form = form_with(open_new(admin), "name", "scopes")
    robot = {"auth_type": "Service Account"}
    shown = admin.browser.submit(form, button=("update", "form"), **robot)
    assert form_with(shown, "scopes").fields["scopes"] == "all-apis"
    back = admin.browser.submit(form_with(shown, "scopes"), button=("update", "form"), auth_type="Viewer")
    assert form_with(back, "scopes").fields["scopes"] == "all-apis sql offline_access openid profile email"
    own = admin.browser.submit(form, button=("update", "form"), **robot, scopes="all-apis unity-catalog")
    assert form_with(own, "scopes").fields["scopes"] == "all-apis unity-catalog"
    form = form_with(open_new(admin, "sharepoint"), "scopes")
    cloud = admin.browser.submit(form, button=("update", "form"), cloud="China")
    assert "chinacloudapi.cn" in form_with(cloud, "scopes").fields["scopes"]
    done = admin.browser.submit(form_with(cloud, "scopes"), name="CN", **CLIENT | TENANT)
    assert "scopes" not in admin.api.ok("GET", f"v1/oauth/integrations/{guid_of(done)}")["config"]


WRONG = [
    ({"name": ""}, "name", "must not be empty"),
    ({"name": "x" * 256}, "name", "too long"),
    ({"description": "x" * 4097}, "description", "too long"),
    ({"client_id": ""}, "client_id", "missing"),
    ({"client_id": "with space"}, "client_id", "printable"),
    ({"client_secret": ""}, "client_secret", "missing"),
    ({"host_url": ""}, "host_url", "missing"),
    ({"host_url": "evil.example"}, "host_url", "cloud.databricks.com"),
    ({"host_url": "https://user:pw@dbc-1.cloud.databricks.com"}, "host_url", "user name or password"),
    ({"scopes": "ü"}, "scopes", "RFC 6749"),
    ({"auth_type": "Nobody"}, "auth_type", "one of"),
]


@pytest.mark.parametrize(("changes", "field", "part"), WRONG, ids=lambda value: str(value)[:30])
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(admin, changes, field, part):
    typed = {"name": "A name", "description": "What it is for", **RIGHT, "scopes": "all-apis", **changes}
    done = add(admin, **typed)
    assert done.status_code == 400 and sources(admin) == []
    beside = re.search(rf'<p class="error" id="error-{field}">(.*?)</p>', done.text)
    assert beside and part in html.unescape(beside[1]), text_of(done)
    described = re.search(rf'id="field-{field}"[^>]*', done.text)[0]
    assert 'aria-invalid="true"' in described and f"error-{field}" in described
    again = form_with(done, "name", "template")
    for name, value in typed.items():
        # No select can hold what is none of its choices.
        assert name in ("client_secret", "auth_type") or again.fields[name].strip() == value, name
    assert SECRET not in done.text
    fixed = admin.browser.submit(
        again, **{"name": "A name", "description": "", **RIGHT, "auth_type": "Viewer", "scopes": "all-apis"}
    )
    assert fixed.status_code == 200 and len(sources(admin)) == 1


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("field", ["name", "description", "client_id", "client_secret", "host_url", "scopes"])
def test_whatever_is_typed_is_kept_or_refused_and_shown_as_text(admin, field, kind):
    strange = STRANGE[kind]
    done = add(admin, **{"name": "A name", **RIGHT, field: strange})
    assert done.status_code in (200, 400), done.text[:500]
    assert "<script>alert" not in done.text and "<img src=x" not in done.text
    if field == "client_secret" and len(strange) > 10:
        assert html.escape(strange) not in done.text and strange not in done.text
    assert len(sources(admin)) == (1 if done.status_code == 200 else 0)
    if field == "name":
        assert (done.status_code == 200) == (kind in NAMES), text_of(done)
    if done.status_code == 200 and field == "name":
        assert sources(admin)[0]["name"] == strange
        listed = admin.browser.get(admin.account.url("integrations"))
        assert strange in html.unescape(listed.text)
    for path in ("", "edit", "permissions", "delete", "test"):
        for one in sources(admin):
            page = admin.browser.get(at(admin, one, path))
            assert page.status_code == 200 and "<script>alert" not in page.text and "<img src=x" not in page.text


def test_a_field_that_does_not_exist_is_told(admin):
    done = add(admin, name="x", **RIGHT, endpoint="https://evil.example")
    assert done.status_code == 400 and "no config key endpoint" in done.text and sources(admin) == []
    done = admin.browser.submit(form_with(open_new(admin), "name", "template"), name="x", template="nothing")
    assert done.status_code == 400 and "no such template" in done.text and sources(admin) == []


def test_a_form_that_is_sent_twice_adds_one_data_source(admin):
    form = form_with(open_new(admin), "name", "template")
    answers = []

    def send() -> None:
        browser = Browser()
        browser.session.cookies.update(admin.browser.session.cookies)
        answers.append(browser.submit(form, follow=False, name="Twice", **RIGHT))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["Location"] for answer in answers}) == 1, "all are led to the same one"
    assert len(sources(admin)) == 1


def test_a_page_from_before_a_sign_in_loses_nothing_but_secrets(admin):
    form = form_with(open_new(admin, "bigquery"), "name", "template")
    key = service_account_key()
    home = admin.browser.get(admin.account.url())
    admin.browser.submit(next(form for form in forms_of(home) if form.action.endswith("/sign-out")))
    admin.sign_in()
    typed = {"name": "Typed before", "description": "kept", "client_id": "client", "client_secret": SECRET}
    asked = admin.browser.submit(form, **typed, service_account_key=key)
    assert asked.status_code == 409 and sources(admin) == []
    assert "Typed before" in asked.text and SECRET not in asked.text
    assert "PRIVATE KEY" not in asked.text, "a key is a secret too"
    again = admin.browser.submit(form_with(asked, "name", "template"))
    assert again.status_code == 400, "the secret is asked for again"
    assert form_with(again, "client_secret").fields["name"] == "Typed before"
    done = admin.browser.submit(form_with(again, "client_secret"), client_secret=SECRET)
    assert done.status_code == 200 and sources(admin)[0]["name"] == "Typed before"


def test_another_sites_form_adds_nothing(admin):
    form = form_with(open_new(admin), "name", "template")
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    fields = {**form.fields, "name": "x", **RIGHT}
    assert admin.browser.post(form.action, fields, headers=headers).status_code == 403
    assert sources(admin) == []


# Editing one.


def test_the_settings_stand_in_the_order_of_the_form_with_their_defaults(admin):
    config = {"client_secret": SECRET, "workspace_host": HOST, "client_id": "client", "auth_mode": "Confidential"}
    made = admin.api.ok(
        "POST", "v1/oauth/integrations", json={"name": "Lakehouse", "template": "databricks", "config": config}
    )
    page, form = admin.browser.get(at(admin, made)), admin.browser.get(at(admin, made, "edit"))
    shown = [html.unescape(one) for one in re.findall(r"<dt>([^<]+)</dt>", page.text)]
    labels = [html.unescape(one).strip() for one in re.findall(r"<label[^>]*>([^<]+)", form.text)]
    # Whether there is a secret is said last.
    both = [label for label in shown if label in labels and label != "Client Secret"]
    assert len(both) >= 4 and both == [label for label in labels if label in both]
    assert re.search(
        r'<code>all-apis sql offline_access openid profile email</code> <span class="note">default</span>', page.text
    )


def test_a_text_that_cannot_be_copied_is_selected(admin, person_in_chromium):
    guid = guid_of(add(admin, **RIGHT, name="Lakehouse"))
    window = person_in_chromium(admin)
    window.page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))")
    window.open(at(admin, guid))
    place = window.page.locator(".copyable", has_text=guid)
    place.locator("button").click()
    place.locator("button", has_text="Selected").wait_for()
    assert window.page.evaluate("getSelection().toString()") == guid


def open_edit(admin, integration):
    return form_with(admin.browser.get(at(admin, integration, "edit")), "name", "version")


def test_a_name_is_changed_and_the_rest_stays_untouched(server, databricks):
    scene = play(server, databricks)
    admin = scene.account.admin
    admin.accept_invite()
    form = open_edit(admin, scene.integration)
    assert form.fields["host_url"] == scene.integration["config"]["workspace_host"]
    assert form.fields["client_secret"] == "" and form.fields["scopes"] == scene.integration["config"]["scopes"]
    done = admin.browser.submit(form, name="Renamed", description="a\r\nb")
    assert done.status_code == 200 and "was saved" in done.text
    now = admin.api.ok("GET", f"v1/oauth/integrations/{scene.integration['guid']}")
    assert now["name"] == "Renamed" and now["description"] == "a\nb"
    assert now["config"] == scene.integration["config"]
    assert scene.sessions(), "the logins go on"
    assert scene.credentials()["access_token"]


def test_saving_without_a_change_changes_nothing(server, databricks):
    account = server.create_account()
    admin = account.admin
    admin.accept_invite()
    made = account.add_integration(databricks)
    for template, config in [("github", CLIENT), ("msgraph", CLIENT | TENANT), ("connect", {"max_role": "Viewer"})]:
        other = account.integrate(template, **config)
        done = admin.browser.submit(open_edit(admin, other))
        assert "Nothing was changed" in done.text, template
        assert admin.api.ok("GET", f"v1/oauth/integrations/{other['guid']}") == other
    done = admin.browser.submit(open_edit(admin, made))
    assert "Nothing was changed" in done.text
    assert admin.api.ok("GET", f"v1/oauth/integrations/{made['guid']}") == made


def test_a_new_secret_takes_the_old_ones_place_and_the_logins_stay(server, own_stage):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider)
    admin = scene.account.admin
    admin.accept_invite()
    page = admin.browser.get(at(admin, scene.integration, "edit"))
    assert "Leave it empty to keep" in page.text and provider.client_secret not in page.text
    provider.client_secret = "planted-client-secret-" + seeded.token_urlsafe(12)
    provider.register(scene.integration["redirect_uri"])
    done = admin.browser.submit(form_with(page, "name", "version"), client_secret=provider.client_secret)
    assert done.status_code == 200 and provider.client_secret not in done.text
    assert scene.sessions()
    forced = scene.exchange(headers={"Cache-Control": "no-cache"})
    assert forced.status_code == 200, "a refresh with the new secret works"


def test_another_host_needs_the_secret_and_ends_the_logins_as_the_page_says(server, databricks):
    scene = play(server, databricks)
    admin = scene.account.admin
    admin.accept_invite()
    page = admin.browser.get(at(admin, scene.integration, "edit"))
    assert "A change ends all logins, and needs the secret again." in page.text
    refused = admin.browser.submit(form_with(page, "name", "version"), host_url="dbc-2.cloud.databricks.com")
    assert refused.status_code == 400
    beside = re.search(r'id="error-client_secret">(.*?)</p>', refused.text)
    assert beside and beside[1] == "Type the client secret again: the workspace host changed."
    assert "Leave it empty to keep" not in refused.text
    again = form_with(refused, "name", "version")
    assert again.fields["host_url"] == "dbc-2.cloud.databricks.com", "what was typed stays"
    assert scene.sessions(), "nothing has happened yet"
    done = admin.browser.submit(again, client_secret=SECRET)
    assert done.status_code == 200
    now = admin.api.ok("GET", f"v1/oauth/integrations/{scene.integration['guid']}")
    assert now["config"]["workspace_host"] == "dbc-2.cloud.databricks.com"
    assert scene.sessions() == []


def test_of_two_administrators_the_second_sees_what_the_first_did(admin):
    made = admin.account.integrate("databricks", "Data", **CLIENT, workspace_host=HOST)
    first, second = open_edit(admin, made), open_edit(admin, made)
    assert admin.browser.submit(first, name="The first's").status_code == 200
    late = admin.browser.submit(second, name="The second's", description="mine")
    assert late.status_code == 409 and "Somebody else changed" in late.text
    assert "It is now: The first&#39;s" in late.text or "It is now: The first's" in html.unescape(late.text)
    assert sources(admin)[0]["name"] == "The first's", "nothing is overwritten unseen"
    again = form_with(late, "name", "version")
    assert again.fields["name"] == "The second's" and again.fields["description"].strip() == "mine"
    assert admin.browser.submit(again).status_code == 200
    assert sources(admin)[0]["name"] == "The second's"


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "99999999999999999999", "9"])
def test_a_version_that_was_made_up_saves_nothing(admin, version):
    made = admin.account.integrate("github", "Hub", **CLIENT)
    done = admin.browser.submit(open_edit(admin, made), name="Forced", version=version)
    assert done.status_code == 409 and sources(admin)[0]["name"] == "Hub"


@pytest.mark.parametrize("kind", STRANGE)
def test_whatever_is_typed_into_the_edit_form_breaks_nothing(admin, kind):
    made = admin.account.integrate("databricks", "Data", **CLIENT, workspace_host=HOST)
    for field in ("name", "description", "client_id", "host_url", "scopes", "auth_type", "auth_mode"):
        done = admin.browser.submit(open_edit(admin, made), **{field: STRANGE[kind]})
        assert done.status_code in (200, 400), f"{field}: {done.status_code}"
        assert "<script>alert" not in done.text and "<img src=x" not in done.text
    now = sources(admin)[0]
    assert now["config"]["workspace_host"] == HOST and now["config"]["client_id"] == "client"


def test_emptying_a_field_brings_its_default_back(tried):
    admin = tried.account.admin

    def asked_for() -> str:
        start = admin.browser.get(at(admin, tried.integration, "test/log-in"), follow=False)
        return parse_qs(urlsplit(start.headers["Location"]).query)["scope"][0]

    standard = open_edit(admin, tried.integration).fields["scopes"]
    assert standard == asked_for() == "all-apis sql offline_access openid profile email"
    assert admin.browser.submit(open_edit(admin, tried.integration), scopes="sql").status_code == 200
    assert open_edit(admin, tried.integration).fields["scopes"] == asked_for() == "sql"
    assert admin.browser.submit(open_edit(admin, tried.integration), scopes="").status_code == 200
    assert open_edit(admin, tried.integration).fields["scopes"] == asked_for() == standard


# Testing one.


def log_in_for_test(admin, provider, integration, username: str = "vera"):
    """The whole test through the provider's page; answers the report."""
    start = admin.browser.get(at(admin, integration, "test/log-in"), follow=False)
    assert start.status_code == 302, f"{start.status_code} {start.text[:1000]}"
    back = provider.sign_in(admin.browser, admin.browser.get(start.headers["Location"]), username)
    return report_of(admin, back.headers["Location"])


def report_of(admin, callback: str):
    """What the browser sees that a provider sent back."""
    done = admin.browser.get(callback, follow=False)
    assert done.status_code == 303, f"{done.status_code} {done.text[:1000]}"
    report = admin.browser.get(urljoin(callback, done.headers["Location"]))
    assert report.status_code == 200
    return report


@pytest.fixture
def tried(server, own_stage):
    """An administrator, a provider that knows vera, and a data source nobody has logged in to."""
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    scene.account.admin.accept_invite()
    return scene


def test_a_test_is_a_real_login_that_leaves_nothing(tried):
    admin, provider = tried.account.admin, tried.provider
    before = admin.browser.get(at(admin, tried.integration, "test"))
    assert "all-apis" in before.text and tried.integration["redirect_uri"] in before.text
    assert f"Log in at {provider.host}" in before.text
    report = log_in_for_test(admin, provider, tried.integration)
    words = text_of(report)
    assert report.status_code == 200 and "It works" in words
    assert "Scopes granted all-apis sql offline_access openid profile email" in words
    assert "works for 1 hour" in words and "Refresh token Yes" in words and "Token type Bearer" in words
    assert "Subject vera@provider.example" in words and "Email vera@provider.example" in words
    assert admin.api.ok("GET", "v1/oauth/sessions") == [], "a test is a test"
    issued = provider.issued()
    for token in issued["access_tokens"] + issued["refresh_tokens"]:
        assert token not in report.text
    assert "no way to revoke" in words, "Databricks has none"
    line = admin.api.ok("GET", "v1/audit_logs", params={"action": "integration.verified"})
    assert line, "the audit knows of it"
    assert provider.issued()["access_tokens"], "it was a real login"


def test_the_report_tells_which_scopes_are_missing(tried):
    tried.provider.set(withhold_scopes=["sql"])
    report = log_in_for_test(tried.account.admin, tried.provider, tried.integration)
    words = text_of(report)
    assert "not everything came back" in words and "Not granted: sql." in words
    assert "Scopes missing sql" in words
    assert "Refresh token Yes" in words


def test_the_report_tells_that_there_is_no_refresh_token(tried):
    tried.provider.set(withhold_scopes=["offline_access"])
    report = log_in_for_test(tried.account.admin, tried.provider, tried.integration)
    words = text_of(report)
    assert "There is no refresh token" in words and "Refresh token No" in words
    assert "Not granted: offline_access" in words


def test_the_report_tells_what_the_provider_leaves_unsaid(tried):
    tried.provider.set(include_expires_in="missing", withhold_scopes=["openid"])
    words = text_of(log_in_for_test(tried.account.admin, tried.provider, tried.integration))
    assert "The access token works for The provider does not say" in words
    assert "It is used here for 1 hour, then it is refreshed" in words
    assert "Who logged in The provider does not say" in words


def test_a_wrong_secret_is_named_with_what_to_do(tried):
    admin, provider = tried.account.admin, tried.provider
    config = {"config": {"client_secret": "planted-wrong-secret-of-the-client"}}
    admin.api.ok("PATCH", f"v1/oauth/integrations/{tried.integration['guid']}", json=config)
    report = log_in_for_test(admin, provider, tried.integration)
    words = text_of(report)
    assert "refused to give a token" in words
    assert "Copy the client ID and the client secret from the provider again" in words
    assert "planted-wrong-secret-of-the-client" not in report.text
    assert at(admin, tried.integration, "edit").removeprefix(admin.server.base_url) in report.text


def test_a_refused_scope_is_named_with_what_to_do(tried):
    admin, provider = tried.account.admin, tried.provider
    provider.register(tried.integration["redirect_uri"], allowed_scopes=["all-apis"])
    start = admin.browser.get(at(admin, tried.integration, "test/log-in"), follow=False)
    back = admin.browser.get(start.headers["Location"], follow=False)
    report = report_of(admin, back.headers["Location"])
    words = text_of(report)
    assert "invalid_scope" in words
    assert "Take scopes away that the provider does not know" in words


def test_a_redirect_uri_that_is_not_registered_is_explained_before(tried):
    admin = tried.account.admin
    tried.provider.register("https://elsewhere.example/callback")
    start = admin.browser.get(at(admin, tried.integration, "test/log-in"), follow=False)
    assert admin.browser.get(start.headers["Location"]).status_code == 400, "the provider's own error page"
    page = text_of(admin.browser.get(at(admin, tried.integration, "test")))
    assert (
        "Where the provider shows an error about the redirect URI" in page and tried.integration["redirect_uri"] in page
    )


@pytest.mark.parametrize(
    "fault", [{"kind": "html"}, {"kind": "status", "status": 503}, {"kind": "drop_before", "times": 9}]
)
def test_a_provider_that_fails_is_named_with_what_to_do(tried, fault):
    tried.provider.fault("token", **fault)
    report = log_in_for_test(tried.account.admin, tried.provider, tried.integration)
    words = text_of(report)
    assert "could not be reached or gave no usable answer" in words
    assert "Check the host" in words


def test_a_no_at_the_provider_is_told(tried):
    admin = tried.account.admin
    start = admin.browser.get(at(admin, tried.integration, "test/log-in"), follow=False)
    page = admin.browser.get(start.headers["Location"])
    refused = admin.browser.submit(form_with(page, "username"), follow=False, button=("decision", "deny"))
    report = report_of(admin, refused.headers["Location"])
    assert "access was denied" in text_of(report) and "What to do" in report.text


def test_tokens_of_a_test_are_revoked_where_the_provider_can(server, own_stage):
    provider = own_stage.simulator("generic")
    scene = play(server, provider, log_in=False)
    admin = scene.account.admin
    admin.accept_invite()
    report = log_in_for_test(admin, provider, scene.integration)
    assert "were revoked at the provider" in text_of(report)
    issued = provider.issued()
    assert issued["access_tokens"] and issued["refresh_tokens"]
    assert provider.refresh_tokens(live=True) == []
    assert not any(provider.token_state(token)["live"] for token in issued["access_tokens"])


def test_a_test_leaves_the_administrators_own_login_alone(server, own_stage):
    provider = own_stage.simulator("generic")
    scene = play(server, provider, log_in=False)
    admin = scene.account.admin
    admin.accept_invite()
    assert admin.log_in_at(provider, scene.integration, "vera").status_code == 302
    before = admin.api.ok("GET", "v1/oauth/sessions")
    report = log_in_for_test(admin, provider, scene.integration)
    assert "were not revoked" in text_of(report) and provider.revocations() == []
    assert admin.api.ok("GET", "v1/oauth/sessions") == before


def test_snowflake_says_who_logged_in(server, own_stage):
    provider = own_stage.simulator("snowflake")
    scene = play(server, provider, log_in=False)
    admin = scene.account.admin
    admin.accept_invite()
    words = text_of(log_in_for_test(admin, provider, scene.integration))
    assert (
        "Who logged in VERA" in words and "works for 10 minutes" in words and "Refresh token Yes, for 90 days" in words
    )


def test_another_site_cannot_begin_a_test(tried):
    admin = tried.account.admin
    for site in ("cross-site", "same-site"):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        answer = admin.browser.get(at(admin, tried.integration, "test/log-in"), follow=False, headers=headers)
        assert answer.status_code == 303 and answer.headers["Location"].endswith("/test"), "the page asks first"


def test_the_answer_to_a_test_is_for_the_administrator_who_began_it(tried):
    admin, viewer = tried.account.admin, tried.viewer
    start = admin.browser.get(at(admin, tried.integration, "test/log-in"), follow=False)
    callback = tried.provider.authorize_as("vera", start.headers["Location"])
    stolen = viewer.browser.get(callback, follow=False)
    assert stolen.status_code == 400 and "vera" not in stolen.text
    assert tried.provider.counters()["token_requests"] == 0, "the code is not presented"
    assert admin.browser.get(callback, follow=False).status_code == 400, "and it is used up"
    assert admin.api.ok("GET", "v1/oauth/sessions") == [] and viewer.api.ok("GET", "v1/oauth/sessions") == []


def test_what_a_test_came_to_can_be_loaded_again_by_who_began_it_alone(tried):
    admin = tried.account.admin
    second = tried.account.add("administrator")
    second.accept_invite()
    report = log_in_for_test(admin, tried.provider, tried.integration)
    for _ in range(2):
        again = admin.browser.get(report.url)
        assert "It works" in again.text and "vera@provider.example" in again.text
    other = tried.account.integrate("databricks", "Other", **CLIENT, workspace_host=HOST)
    report_there = report.url.replace(tried.integration["guid"], other["guid"])
    for browser, address in ((second.browser, report.url), (admin.browser, report_there)):
        page = browser.get(address)
        assert page.status_code == 200 and "not kept any more: test again" in text_of(page)
        assert "vera" not in page.text and "Log in at" in page.text


def test_who_is_no_administrator_any_more_is_told_nothing(tried):
    account = tried.account
    second = account.add("administrator")
    second.accept_invite()
    start = second.browser.get(at(second, tried.integration, "test/log-in"), follow=False)
    callback = tried.provider.authorize_as("vera", start.headers["Location"])
    account.admin.api.ok("PUT", f"v1/users/{second.guid}", json={"user_role": "viewer"})
    answer = second.browser.get(callback, follow=False)
    assert answer.status_code == 403 and "vera" not in answer.text
    assert tried.provider.counters()["token_requests"] == 0


def test_a_service_account_is_tested_without_a_login(server, own_stage):
    provider = own_stage.simulator("databricks")
    account = server.create_account()
    admin = account.admin
    admin.accept_invite()
    made = account.add_service_account(provider)
    page = admin.browser.get(at(admin, made, "test"))
    form = next(form for form in forms_of(page) if form.action.endswith("/test"))
    report = admin.browser.submit(form)
    assert report.status_code == 200 and "It works" in report.text and "1 hour" in report.text
    assert not any(token in report.text for token in provider.issued()["access_tokens"])
    provider.client_secret = "another"
    provider.register()
    again = next(form for form in forms_of(report) if form.action.endswith("/test"))
    report = admin.browser.submit(again)
    assert report.status_code == 400 and "What to do" in report.text
    assert admin.browser.get(at(admin, made, "test/log-in"), follow=False).status_code == 400, "nobody logs in to it"


def test_what_this_server_gives_itself_needs_no_test(admin):
    made = admin.account.integrate("connect", max_role="Viewer")
    page = admin.browser.get(at(admin, made, "test"))
    assert page.status_code == 200 and "no provider to try" in page.text
    form = next(form for form in forms_of(page) if form.action.endswith("/sign-out"))
    answer = admin.browser.post(at(admin, made, "test"), form.fields)
    assert answer.status_code == 400


# Who may attach it.


def permit(admin, integration, **fields):
    page = admin.browser.get(at(admin, integration, "permissions"))
    token = next(form for form in forms_of(page) if form.action.endswith("/sign-out")).fields
    return admin.browser.post(at(admin, integration, "permissions"), {**token, **fields})


def test_people_and_groups_are_found_added_and_removed(admin):
    account = admin.account
    pat, other = account.add("publisher", "pat"), account.add("publisher", "quinn")
    account.add("viewer", "patricia")
    group = admin.api.ok("POST", "v1/groups", json={"name": "Patent lawyers"})
    made = account.integrate("github", "Hub", **CLIENT)
    path = f"v1/oauth/integrations/{made['guid']}"
    assert "Everybody who publishes may attach it" in admin.browser.get(at(admin, made, "permissions")).text
    page = admin.browser.get(at(admin, made, "permissions"), params={"q": "PAT"})
    assert pat.email in page.text and "Patent lawyers" in page.text
    assert other.email not in page.text and "patricia" not in page.text, "viewers attach nothing"
    for form in [form for form in forms_of(page) if "add" in form.fields]:
        assert admin.browser.submit(form).status_code == 200
    listed = {one["user_guid"] or one["group_guid"] for one in admin.api.ok("GET", path)["permissions"]}
    assert listed == {pat.guid, group["guid"]}
    content = account.add_content(other)
    associations = f"v1/content/{content['guid']}/oauth/integrations/associations"
    other.api.refused(403, 22, "PUT", associations, json=[{"oauth_integration_guid": made["guid"]}])
    page = admin.browser.get(at(admin, made, "permissions"))
    removes = [form for form in forms_of(page) if "remove" in form.fields]
    assert admin.browser.submit(removes[0]).status_code == 200
    last = [form for form in forms_of(admin.browser.get(at(admin, made, "permissions"))) if "remove" in form.fields]
    refused = admin.browser.submit(last[0])
    assert refused.status_code == 400 and "everybody who publishes could attach it" in refused.text
    assert len(admin.api.ok("GET", path)["permissions"]) == 1, "opening it to all is said outright"
    everybody = next(form for form in forms_of(refused) if "everybody" in form.fields)
    assert admin.browser.submit(everybody).status_code == 200
    assert admin.api.ok("GET", path)["permissions"] == []
    other.api.ok("PUT", associations, json=[{"oauth_integration_guid": made["guid"]}])


@pytest.mark.parametrize(
    "who", ["", "x", "user:", "user:x", "robot:{guid}", "user:{stranger}", "group:{guid}", "<script>"]
)
def test_nobody_of_this_account_is_permitted_nothing(server, admin, who):
    made = admin.account.integrate("github", "Hub", **CLIENT)
    stranger = server.create_account().admin.guid
    answer = permit(admin, made, add=who.replace("{guid}", admin.guid).replace("{stranger}", stranger))
    assert answer.status_code == 400 and "<script>" not in answer.text
    assert sources(admin)[0]["permissions"] == []


def test_permissions_changed_by_two_at_once_both_stay(admin):
    account = admin.account
    made = account.integrate("github", "Hub", **CLIENT)
    people = [account.add("publisher") for _ in range(3)]
    threads = [
        threading.Thread(target=permit, args=(admin, made), kwargs={"add": f"user:{one.guid}"}) for one in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = {one["user_guid"] for one in sources(admin)[0]["permissions"]}
    assert listed == {one.guid for one in people}


# The end.


def test_deleting_says_what_it_ends_and_asks(server, own_stage):
    provider = own_stage.simulator("generic")
    scene = play(server, provider)
    admin = scene.account.admin
    admin.accept_invite()
    page = admin.browser.get(at(admin, scene.integration, "delete"))
    words = text_of(page)
    assert "1 content loses it" in words and "1 viewer's login ends" in words and "Sales" in words
    form = form_with(page, "confirm")
    refused = admin.browser.submit(form)
    assert refused.status_code == 400 and "Tick the box first" in refused.text and len(sources(admin)) == 1
    done = admin.browser.submit(form_with(refused, "confirm"), confirm="on")
    assert done.status_code == 200 and "was deleted" in done.text and sources(admin) == []
    assert scene.sessions() == []
    scene.refused(212)
    assert admin.browser.get(at(admin, scene.integration)).status_code == 404


def test_deleting_what_somebody_else_deleted_is_404(admin):
    made = admin.account.integrate("github", "Hub", **CLIENT)
    page = admin.browser.get(at(admin, made, "delete"))
    assert "What happens: No content uses it." in text_of(page) and "It ends" not in text_of(page)
    form = form_with(page, "confirm")
    admin.api.ok("DELETE", f"v1/oauth/integrations/{made['guid']}")
    assert admin.browser.submit(form, confirm="on").status_code == 404
    for path in ("", "edit", "test", "permissions", "delete", "test/log-in"):
        assert admin.browser.get(at(admin, made, path), follow=False).status_code == 404, path


# Secrets.


def test_no_page_ever_shows_a_secret(admin):
    key = service_account_key()
    account = admin.account
    made = [
        account.integrate("databricks", "a", **CLIENT, workspace_host=HOST),
        account.integrate("bigquery", "b", auth_type="Service Account", service_account_key=key),
    ]
    pem = key.split("\\n")[1]
    assert len(pem) > 40
    for one in made:
        for path in ("", "edit", "test", "permissions", "delete"):
            page = admin.browser.get(at(admin, one, path))
            assert page.status_code == 200 and SECRET not in page.text and pem not in html.unescape(page.text), path
    wrong = admin.browser.submit(open_edit(admin, made[0]), name="", client_secret="planted-typed-secret")
    assert wrong.status_code == 400 and "planted-typed-secret" not in wrong.text


def test_the_test_login_asks_for_just_what_a_viewers_does(tried):
    start = tried.account.admin.browser.get(at(tried.account.admin, tried.integration, "test/log-in"), follow=False)
    viewers = tried.viewer.start_login(tried.integration)
    asked = [parse_qs(urlsplit(one.headers["Location"]).query) for one in (start, viewers)]
    own = {"state", "nonce", "code_challenge"}
    first, second = ({name: value for name, value in one.items() if name not in own} for one in asked)
    assert first == second


# With a script.


def test_with_a_script_fields_come_and_go_with_the_choice_and_the_secret_stays(admin, person_in_chromium):
    window = person_in_chromium(admin)
    window.open(admin.account.url("integrations/new?template=databricks"))
    page = window.page
    field = {name: page.locator(f"[name={name}]") for name in ("auth_type", "auth_mode", "client_secret", "scopes")}
    assert page.locator("button[name=update]").first.is_hidden(), "nobody has to ask for the fields"
    page.locator("[name=name]").fill("By script")
    page.locator("[name=client_id]").fill("client")
    page.locator("[name=host_url]").fill(HOST)
    field["client_secret"].fill(SECRET)
    field["auth_mode"].select_option("Public")
    assert field["client_secret"].is_hidden()
    field["auth_mode"].select_option("Confidential")
    assert field["client_secret"].input_value() == SECRET, "nothing typed is lost"
    field["auth_mode"].select_option("Public")
    field["auth_type"].select_option("Service Account")
    assert field["auth_mode"].is_hidden() and field["client_secret"].is_visible(), "what is hidden decides nothing"
    assert field["scopes"].input_value() == "all-apis"
    assert page.get_by_role("heading", name="Create a service principal").is_visible()
    assert page.get_by_role("heading", name="Register this server as an app connection").is_hidden()
    assert page.get_by_text("Register this redirect URI").is_hidden(), "nobody logs in"
    page.get_by_role("button", name="Add Data Source").click()
    page.wait_for_url("**notice=data-source-added")
    [made] = sources(admin)
    assert made["auth_type"] == "Service Account" and "auth_mode" not in made["config"]


def test_a_script_keeps_the_scopes_that_were_typed(admin, person_in_chromium):
    window = person_in_chromium(admin)
    window.open(admin.account.url("integrations/new?template=sharepoint"))
    scopes = window.page.locator("[name=scopes]")
    window.page.locator("[name=cloud]").select_option("China")
    assert "microsoftgraph.chinacloudapi.cn" in scopes.input_value()
    window.page.locator("[name=sharepoint_host]").fill("contoso.sharepoint.cn")
    window.page.locator("[name=client_id]").fill("c")
    assert scopes.input_value() == "https://contoso.sharepoint.cn/.default offline_access"
    scopes.fill("Files.Read")
    window.page.locator("[name=cloud]").select_option("Public")
    assert scopes.input_value() == "Files.Read"


def test_the_test_runs_in_a_window_of_its_own(server, own_stage, person_in_chromium):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    admin = scene.account.admin
    window = person_in_chromium(admin, origins={provider.origin})
    window.open(at(admin, scene.integration))
    with window.page.expect_popup() as opened:
        window.page.get_by_role("link", name="Test").first.click()
    popup = opened.value
    popup.get_by_role("link", name=f"Log in at {provider.host}").click()
    popup.locator("[name=username]").fill("vera")
    popup.locator("[name=password]").fill(provider.passwords["vera"])
    popup.locator("form button").first.click()
    popup.get_by_text("It works: the login came back").wait_for()
    assert "vera@provider.example" in popup.content()
    assert window.page.url == at(admin, scene.integration), "the page behind it stays"
    popup.reload()
    assert popup.get_by_text("It works: the login came back").is_visible(), "the provider's answer is not used twice"
    assert popup.locator("header.top").is_hidden()
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Close this window").click()
