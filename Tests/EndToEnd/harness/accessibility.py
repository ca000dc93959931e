"""What a page must be for people who do not see it, or have no mouse: axe-core's rules, and a walk with the Tab key."""

from importlib.resources import files

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_violations(page: Page, *without: str) -> list[str]:
    """What axe-core finds against a page, each with where and why; `without` names rules that are not asked.

    Playwright runs it beside the page's own scripts, so the page keeps its Content-Security-Policy.
    """
    page.evaluate(AXE)
    options = {
        "runOnly": {"type": "tag", "values": RULES},
        "rules": {rule: {"enabled": False} for rule in without},
        "resultTypes": ["violations"],
    }
    found = page.evaluate("async (options) => (await axe.run(document, options)).violations", options)
    return [
        f"{violation['id']} ({violation['impact']}): {violation['help']}\n    {node['html'][:300]}\n    "
        + "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
        for violation in found
        for node in violation["nodes"]
    ]


def check_axe(page: Page, *without: str) -> None:
    """Fail where axe-core finds something, and say what."""
    violations = axe_violations(page, *without)
    assert violations == [], f"{page.url}\n" + "\n".join(violations)


# All that a keyboard must reach, in the order of the page, and where the walk begins: after what has the focus now. Of
# radio buttons of one name only one is a stop.
STOPS = """() => {
  const can = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0
    && !one.closest("[inert]");
  const all = [...document.querySelectorAll(can)].filter(seen);
  const isStop = (one) => {
    if (one.type !== "radio" || !one.name) return true;
    const group = all.filter((other) => other.type === "radio" && other.name === one.name && other.form === one.form);
    return one === (group.find((other) => other.checked) ?? group[0]);
  };
  const stops = window.keyboardStops = all.filter(isStop);
  const here = document.activeElement;
  const after = here && here !== document.body
    ? stops.findIndex((one) => here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) : 0;
  return { stops: stops.map((one) => one.outerHTML.slice(0, 200)), begin: Math.max(after, 0) };
}"""

# Where the focus is: its place among the stops (-1 for what is none, -2 for the page itself), and whether one sees it.
HERE = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return { place: -2, isSeen: true, what: "" };
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const isInView = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
    && box.top < innerHeight && box.left < innerWidth;
  const isMarked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { place: window.keyboardStops.indexOf(one), isSeen: isInView && isMarked, what: one.outerHTML.slice(0, 200) };
}"""


def check_keyboard(page: Page) -> int:
    """Walk through the page with the Tab key: all that can be used is reached, in the page's order, and one sees where
    one is. Answers how many stops there are."""
    found = page.evaluate(STOPS)
    stops, begin = found["stops"], found["begin"]
    walk: list[int] = []
    # A scrolling part of a page is a stop too, so there may be more; at the page's end it begins anew.
    for _ in range(2 * len(stops) + 10):
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        assert here["isSeen"], f"{page.url}: one does not see that the focus is at {here['what']}"
        # A date is one field with several stops of its own.
        if here["place"] >= 0 and walk[-1:] != [here["place"]]:
            if here["place"] in walk:
                break
            walk.append(here["place"])
    missed = [stops[place] for place in range(len(stops)) if place not in walk]
    assert missed == [], f"{page.url}: no way with the Tab key to\n" + "\n".join(missed)
    expected = [*range(begin, len(stops)), *range(begin)]
    assert walk == expected, f"{page.url}: the order is not the page's: {walk}"
    return len(stops)
