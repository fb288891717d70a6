"""The pictures of the site leave no page out, and what is too heavy is told."""

from __future__ import annotations

from django.urls import get_resolver

from tools import look
from tools._look_pages import LOOKS, UNSEEN, forgotten
from troth.web.people.rights import ANYBODY, PAGES, SIGNED_IN


def test_every_page_of_the_table_of_rights_is_pictured() -> None:
    """A new page has to be added to the pictures, or to those that show nothing."""
    assert get_resolver().url_patterns  # reading the addresses fills the table
    assert forgotten(PAGES) == []
    assert forgotten([*PAGES, "new_page"]) == ["new_page"]


def test_pages_are_pictured_as_those_who_may_see_them() -> None:
    """A picture of a refusal would be none of the page; names of pictures are unique and no name is made up."""
    for one in LOOKS:
        if one.right:
            sees = PAGES[one.right].sees
            assert sees in (ANYBODY, SIGNED_IN) or one.who in sees, one.name
    assert len({one.name for one in LOOKS}) == len(LOOKS)
    assert set(PAGES) >= UNSEEN


def test_a_heavy_page_is_told() -> None:
    """A customer's phone carries less than a screen of staff."""
    phone, staff = (next(one for one in LOOKS if one.right == name) for name in ("ticket", "today"))
    light, heavy = look.Found(staff, weight_kb=60), look.Found(phone, weight_kb=60)
    light.weigh()
    heavy.weigh()
    assert light.wrong == []
    assert heavy.wrong == ["weighs 60 kB, more than 50"]
