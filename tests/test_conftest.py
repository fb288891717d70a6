"""The test-bed keeps its own promises."""

from __future__ import annotations

import socket

import pytest

from tests.conftest import is_loopback, missing


def test_a_connection_that_leaves_the_machine_is_refused() -> None:
    """No test reaches the network, by accident or design."""
    with socket.socket() as line, pytest.raises(AssertionError, match="tried to reach"):
        line.connect(("192.0.2.1", 80))


def test_the_machine_itself_may_be_reached() -> None:
    """A server under test listens on the loopback."""
    assert is_loopback(("127.0.0.1", 1))
    assert is_loopback(("::1", 1, 0, 0))
    assert not is_loopback(("127-0-0-1.example.org", 1))


def test_a_missing_sample_fails_where_everything_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """`TROTH_REQUIRE_ALL=1` turns a skip into a failure."""
    monkeypatch.setenv("TROTH_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no bank"):
        missing("no bank")
    monkeypatch.delenv("TROTH_REQUIRE_ALL")
    with pytest.raises(pytest.skip.Exception, match="no bank"):
        missing("no bank")
