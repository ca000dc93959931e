"""The README: its pictures, which are made here, and that what it links to is there; the table of these tests."""

import os
import re
import shutil
from pathlib import Path

import pytest

from harness.chromium import Look, Window
from harness.scene import play
from harness.simulator import REPOSITORY

IMAGES = REPOSITORY / "docs" / "images"
LARGEST_BYTES = 120_000
LOOK = Look(1200, 680)


@pytest.fixture
def show(own_stage, server):
    """An account as one could have it: several data sources, content, and a viewer who has not logged in everywhere."""
    account = server.create_account("acme", "Acme Analytics")
    databricks, snowflake = own_stage.simulator("databricks"), own_stage.simulator("snowflake")
    scene = play(server, databricks, account)
    named = {"name": "Sales lakehouse", "description": "Orders of all regions"}
    account.admin.api.ok("PATCH", f"v1/oauth/integrations/{scene.integration['guid']}", json=named)
    finance = account.add_integration(snowflake, "Finance warehouse")
    named = {"description": "Budgets and actuals"}
    account.admin.api.ok("PATCH", f"v1/oauth/integrations/{finance['guid']}", json=named)
    account.integrate("connect", "This server as the viewer", max_role="Viewer")
    account.add_service_account(databricks, "Nightly reports")
    account.admin.accept_invite()
    content = account.add_content(
        scene.publisher,
        scene.integration,
        finance,
        title="Orders, live",
        description="Today's orders, as you see them.",
    )
    scene.credentials()
    return scene, content


def keep(window: Window, name: str) -> None:
    """The part of a page that one sees first, as the README shows it."""
    path = window.pictures / f"readme-{name}.png"
    window.page.screenshot(path=path)
    assert path.stat().st_size < LARGEST_BYTES
    if "GATEHOUSE_README_IMAGES" in os.environ:
        shutil.copy(path, Path(os.environ["GATEHOUSE_README_IMAGES"]) / f"{name}.png")


def test_the_pictures_show_the_pages(show, person_in_chromium):
    scene, content = show
    window = person_in_chromium(scene.account.admin, LOOK)
    window.open(scene.account.url("integrations"))
    assert window.page.get_by_role("link", name="Sales lakehouse").count()
    keep(window, "data-sources")
    window = person_in_chromium(scene.viewer, LOOK)
    window.open(scene.account.url(f"content/{content['guid']}/log-in"))
    assert "Finance warehouse" in window.page.inner_text("main")
    keep(window, "log-in")


def test_what_the_readme_shows_and_links_to_is_there():
    text = (REPOSITORY / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (REPOSITORY / link).exists()] == []
    pictures = [link for link in links if link.endswith(".png")]
    assert {IMAGES / Path(link).name for link in pictures} == set(IMAGES.glob("*.png"))
    assert all((REPOSITORY / link).stat().st_size < LARGEST_BYTES for link in pictures)


def test_the_table_of_the_tests_names_each_file():
    here = Path(__file__).parent
    rows = [line for line in (here / "README.md").read_text().splitlines() if line.startswith("| `test_")]
    named = [name for row in rows for name in re.findall(r"`(test_\w+\.py)`", row.split("|")[1])]
    assert sorted(named) == sorted(path.name for path in here.glob("test_*.py"))
