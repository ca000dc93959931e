"""What somebody typed is text on every page, whatever a browser or a reader takes for a character."""

import html
from html.parser import HTMLParser

import pytest

MARK = "data-planted"
"""An attribute that no page of ours has."""

HOSTILE = {
    "plain": f"x\" {MARK}=1 y='<b {MARK}>'>",
    # A mark that combines with what stands before it: to a reader one character, to a browser the end of the value.
    "combined quote": f'x"\u0301 {MARK}=1 y',
    "combined bracket": f'x"\u0301>\u0301<b {MARK}>',
    "joined": f'x"\u200d {MARK}=1 y',
    "variant": f'x"\ufe0f {MARK}=1 y',
}

ECHOED = [
    ("activity", "q"),
    ("integrations", "q"),
    ("people", "q"),
    ("groups", "q"),
    ("audit", "person"),
    ("audit", "source"),
    ("audit", "content"),
    ("content", "q"),
    ("", "q"),
]
"""Each page that shows again what was searched for, and in which field."""


def escaped(text: str) -> str:
    """As our pages write it."""
    return html.escape(text).replace("&#x27;", "&#39;")


class _Planted(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [f"<{tag}>" for name, _ in attrs if name == MARK]


@pytest.fixture(scope="module")
def admin(account):
    account.admin.accept_invite()
    account.integrate("connect", "Something to search for", max_role="Viewer")
    return account.admin


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_searched_for_comes_back_as_text(account, admin, text):
    for path, name in ECHOED:
        answer = admin.browser.get(account.url(path), params={name: text})
        # The audit knows nobody and nothing of that name, and says so.
        assert answer.status_code == (400 if path == "audit" else 200), f"{path} {name}"
        assert f'value="{escaped(text)}"' in answer.text, f"{path} {name}"
        assert _Planted(answer.text).found == [], f"{path} {name}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_name_of_a_data_source_is_text(account, admin, text):
    config = {"workspace_host": "dbc-1.cloud.databricks.com", "client_id": "c", "client_secret": "s"}
    body = {"name": text, "description": text, "template": "databricks", "config": config}
    guid = admin.api.ok("POST", "v1/oauth/integrations", json=body)["guid"]
    pages = ["", "integrations", "activity", "audit", f"activity?data_source={guid}"]
    pages += [f"integrations/{guid}{rest}" for rest in ("", "/edit", "/test", "/permissions", "/delete")]
    for path in pages:
        answer = admin.browser.get(account.url(path))
        assert answer.status_code == 200, f"{answer.status_code} {path}"
        assert _Planted(answer.text).found == [], path
        assert escaped(text) in answer.text, path
