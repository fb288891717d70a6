"""Addresses of databases: URL in, URL out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from troth.core import InputError
from troth.web.project.embedded_address import Address

_WORD = st.text(min_size=1, max_size=12).filter(lambda text: "\0" not in text and text.isprintable())
_HOST = st.sampled_from(["localhost", "db.example.org", "::1", "/run/troth", "/a folder/with=odd&letters"])


@given(_WORD, _WORD, _HOST, _WORD, st.integers(1, 65535))
def test_a_url_says_the_same_to_us_and_to_the_driver(
    database: str, user: str, host: str, password: str, port: int
) -> None:
    """An address survives being written as a URL, and the driver reads the URL as we do."""
    one = Address(database, user, host, port, password, (("application_name", "troth"),))
    assert Address.parse(one.url) == one
    assert conninfo_to_dict(one.url) == {
        "dbname": database, "user": user, "host": host, "port": str(port), "password": password,
        "application_name": "troth",
    }  # fmt: skip


@pytest.mark.parametrize(
    "url", ["mysql://a:secret@b/c", "postgresql://a:secret@b", "postgresql://a:secret@b:port/c", "", "x"]
)
def test_a_wrong_url_is_an_issue_without_the_password(url: str) -> None:
    """What is no PostgreSQL URL is refused with advice, and its password is not repeated."""
    with pytest.raises(InputError) as caught:
        Address.parse(url)
    assert caught.value.issues[0].code == "database-url"
    assert "secret" not in str(caught.value)


def test_a_password_is_not_shown() -> None:
    """A printed address holds no password."""
    assert "hidden" not in repr(Address("troth", "ann", "localhost", password="hidden"))
