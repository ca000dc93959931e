"""What the tests in Chromium rely on: it shows pages, and says so where something is wrong with one."""

import pytest

from harness.accessibility import axe_violations, check_keyboard
from harness.chromium import NARROW, NO_SCRIPT, WIDE, WIDE_DARK
from harness.listener import Listener


def show(chromium, html: str, look=WIDE):
    """A window with a page of the test's own."""
    window = chromium.window(look)
    head = "<title>A page</title><meta name=viewport content='width=device-width, initial-scale=1'>"
    window.page.set_content(f"<!doctype html><html lang=en>{head}<body><main><h1>A page</h1>{html}</main>")
    return window


def test_an_invite_is_accepted_and_a_person_signs_in_and_out(chromium, account, server):
    person = account.add("viewer")
    window = chromium.window(origins=[server.base_url])
    window.accept_invite(person)
    assert window.page.get_by_role("heading", level=1).inner_text() == "My connections"
    window.sign_out()
    window.sign_in(person)
    assert window.page.url == account.url()


@pytest.mark.parametrize("look", [WIDE_DARK, NO_SCRIPT, NARROW], ids=str)
def test_a_window_has_the_look_that_was_asked_for(person_in_chromium, account, look):
    window = person_in_chromium(account.add("viewer"), look)
    assert window.page.viewport_size["width"] == look.width
    is_dark = window.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert is_dark == (look.colours == "dark")
    ground = window.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(245, 246, 248)") != is_dark
    assert window.picture("my connections").stat().st_size > 1000


def test_axe_finds_what_is_wrong(chromium):
    window = show(chromium, "<input><p style='color: #aaa; background: #fff'>Faint</p><button></button>")
    found = " ".join(axe_violations(window.page))
    for rule in ("label", "color-contrast", "button-name"):
        assert rule in found


def test_what_the_keyboard_does_not_reach_is_found(chromium):
    right = "<style>:focus { outline: 3px solid }</style><a href='#a'>A</a> <button>B</button> <input> "
    right += "<input type=radio name=x><input type=radio name=x checked>"
    right += "<details><summary>S</summary><a href='#b'>C</a></details>"
    assert check_keyboard(show(chromium, right).page) == 5
    for wrong, why in {
        "<button onfocus='this.blur()'>B</button><a href='#a'>A</a>": "no way",
        "<a href='#a' tabindex=2>A</a><a href='#b' tabindex=1>B</a>": "order",
        "<style>:focus { outline: 0 }</style><a href='#a'>A</a>": "does not see",
    }.items():
        window = show(chromium, "<style>:focus { outline: 3px solid }</style>" + wrong)
        with pytest.raises(AssertionError, match=why):
            check_keyboard(window.page)


def test_a_page_that_scrolls_sideways_is_found(chromium):
    assert show(chromium, "<p>short</p>", NARROW).overflow() == []
    assert "320" in show(chromium, "<pre>" + "wide" * 200 + "</pre>", NARROW).overflow()[0]


def test_requests_to_strangers_and_what_the_policy_forbids_are_complaints(chromium, own_stage, account, server):
    stranger = own_stage.keep(Listener())
    window = chromium.window(origins=[server.base_url])
    window.open(account.url("sign-in"))
    assert window.complaints == []
    window.page.evaluate(
        """(stranger) => {
          const style = document.createElement("style");
          style.textContent = "p { color: red }";
          document.head.append(style);
          const image = new Image();
          image.src = stranger + "/x.png";
          document.body.append(image);
        }""",
        stranger.origin,
    )
    window.page.wait_for_function("document.images[0].complete")
    complaints = "\n".join(window.complaints)
    assert "Content Security Policy" in complaints and len(window.complaints) >= 2, complaints
    assert stranger.asked == []
    window.complaints.clear()
    window.page.goto(stranger.origin)
    assert window.complaints == [f"a request to another host: {stranger.origin}/"]
    window.complaints.clear()
