"""The reference pages say what the code says, wholly."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from tests.conftest import ROOT
from tools import reference
from troth.core import terms
from troth.log.reference import TABLES
from troth.log.schema import EVENTS


@pytest.mark.parametrize("name", list(reference.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """The page in the repository is what ``make reference`` writes."""
    written = (reference.FOLDER / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run: make reference"


def test_the_glossary_has_every_term() -> None:
    """A word that is in the code is in the glossary."""
    page = reference.glossary()
    lists = [one for one in vars(terms).values() if isinstance(one, type) and issubclass(one, StrEnum)]
    words = [word for one in lists for word in one]
    assert len(words) > 30
    assert [word for word in [*words, *terms.ACTIVITIES] if f"`{word}`" not in page] == []


def test_the_event_page_has_every_column_activity_and_key() -> None:
    """Every column has its sentence, no sentence is left over, every key of an activity is named."""
    assert set(reference.COLUMNS) == set(EVENTS.names)
    page = reference.event()
    keys = {key for term in terms.ACTIVITIES.values() for key in term.keys}
    assert [word for word in [*terms.ACTIVITIES, *keys, *terms.COMMON_KEYS] if f"`{word}`" not in page] == []


def test_the_tables_page_has_every_table() -> None:
    """Every reference table and its key are on the page."""
    page = reference.tables()
    assert [name for name in TABLES if f"## {name}\n" not in page] == []


def test_every_page_is_in_the_navigation() -> None:
    """A page nobody can find is no page."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page not in navigation] == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"])
def test_the_links_of_a_page_outside_the_documentation_lead_somewhere(name: str) -> None:
    """The documentation build checks its own pages; these are checked here."""
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
