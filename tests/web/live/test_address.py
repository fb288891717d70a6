"""Where the connection that listens for changes goes."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connections

from troth.web.live.hub import _address


def test_who_listens_connects_also_where_connections_are_pooled(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options that Django keeps for itself are no part of the address; others are."""
    pooled = {"pool": {"max_size": 2}, "prepare_threshold": 5, "application_name": "listener"}
    with monkeypatch.context() as patch:
        patch.setitem(connections["default"].settings_dict, "OPTIONS", pooled)
        address = _address()
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT current_setting('application_name')").fetchone()
    assert row == ("listener",)
