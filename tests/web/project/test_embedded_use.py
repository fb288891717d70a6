"""The run's database server, as the other tests of the site use it."""

from __future__ import annotations

import psycopg

from troth.web.project.embedded_address import Address


def test_a_test_has_an_empty_database_of_its_own(fresh_database: Address) -> None:
    """The database is new, empty, and the role owns it."""
    with psycopg.connect(fresh_database.url) as connection:
        row = connection.execute(
            "SELECT current_database(), (SELECT count(*) FROM pg_tables WHERE schemaname = 'public')"
        ).fetchone()
        connection.execute("CREATE TABLE one (id int)")
    assert row == (fresh_database.database, 0)
