"""From an empty account to live rows: admin, publisher and viewer in Chromium, and a real Shiny app behind nginx."""

import pytest

from harness.chromium import NO_SCRIPT, PHONE, PHONE_DARK, PHONE_NO_SCRIPT, WIDE, WIDE_DARK
from harness.story import Story
from harness.waiting import wait_until

LOOKS = [WIDE, WIDE_DARK, PHONE, PHONE_DARK, NO_SCRIPT, PHONE_NO_SCRIPT]
LIFETIME_SECONDS = 12
"""How long an access token is good for: so short that it ends while somebody looks at the page."""


@pytest.fixture
def story(own_stage, chromium):
    return lambda look=WIDE: Story(own_stage, chromium, look)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_from_an_empty_account_to_live_rows(story, look):
    told = story(look)
    told.prepare()
    told.publish()
    live = told.open_content()
    window = live.window
    if not look.script:
        # Shiny itself is a script: the page came, and that is as far as Gatehouse's part goes.
        assert window.page.title() == "Your orders"
        return
    live.await_rows(["north", "41"])
    window.picture("story 6 live rows")
    told.provider.set_rows("vera", [["north", "42"], ["south", "7"]])
    live.await_rows(["north", "42"], ["south", "7"])
    assert len(live.sockets) == 1 and not live.sockets[0].is_closed(), "the rows came through one WebSocket"
    assert window.overflow() == []


def test_three_access_tokens_end_during_one_websocket_session_and_a_revoked_login_is_asked_for_again(story):
    told = story()
    told.provider.set(access_token_seconds=LIFETIME_SECONDS, last_seconds_refused=0)
    told.prepare()
    told.publish()
    live = told.open_content()
    window = live.window
    live.await_rows(["north", "41"])
    window.page.evaluate(
        """() => {
          window.problems = [];
          new MutationObserver(() => {
            for (const one of document.querySelectorAll("[role=alert]")) window.problems.push(one.textContent);
          }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    ended: set[str] = set()
    for amount in ("42", "43", "44"):
        token = told.provider.issued()["access_tokens"][-1]
        assert token not in ended
        wait_until(lambda token=token: not told.provider.token_state(token)["live"], "the access token ends")
        ended.add(token)
        told.provider.set_rows("vera", [["north", amount]])
        live.await_rows(["north", amount])
        live.await_reading()
    assert len(ended) == 3
    assert not any(told.provider.token_state(token)["revoked"] for token in ended), "they ended by themselves"
    assert window.page.evaluate("window.problems") == [], "the viewer noticed nothing"
    assert len(live.sockets) == 1 and not live.sockets[0].is_closed(), "it was one session of the page"

    told.provider.revoke("vera")
    link = window.page.get_by_role("link", name="Log in to Databricks")
    link.wait_for()
    assert "Log in to Databricks again" in window.page.get_by_role("alert").inner_text()
    assert live.rows() == [], "what the viewer may not see any more is gone"
    window.picture("story 7 log in again")
    link.click()
    # Content has sent the browser here: Gatehouse asks before it sends it on.
    window.page.get_by_role("heading", level=1, name="Log in to Sales lakehouse?").wait_for()
    window.page.locator("main").get_by_role("link", name="Log in").click()
    told.log_in_at_provider(window)
    window.page.wait_for_url(told.address)
    live.await_rows(["north", "44"])
