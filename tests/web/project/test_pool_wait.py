"""While the database is away a click is told so soon; the worker has time."""

from __future__ import annotations

import time

import pytest
from psycopg_pool import ConnectionPool, PoolTimeout

from troth.web.project.serve import POOL_WAIT_S
from troth.web.project.settings import _database


def test_a_click_waits_for_the_database_no_longer_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool as a web process has it gives up after the seconds set; without a word of it after ten."""
    monkeypatch.setenv("TROTH_CONNECTIONS", "2")
    assert _database("postgresql://t@127.0.0.1:9/t")["OPTIONS"]["pool"]["timeout"] == 10
    monkeypatch.setenv("TROTH_POOL_WAIT", "0.3")
    asked = _database("postgresql://t@127.0.0.1:9/t")["OPTIONS"]["pool"]
    began = time.monotonic()
    with ConnectionPool("postgresql://t@127.0.0.1:9/t", open=True, **asked) as pool, pytest.raises(PoolTimeout):
        pool.getconn()
    assert 0.2 < time.monotonic() - began < 3
    assert float(POOL_WAIT_S) < 5
