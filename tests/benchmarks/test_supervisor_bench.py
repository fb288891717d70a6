"""The benchmark of the supervisor finds a database right after a kill, and notices one that is not."""

from __future__ import annotations

import pytest

from benchmarks.quality import supervisor
from tests.web import servers


@pytest.mark.slow
def test_a_kill_is_survived_and_a_lost_row_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reused pid everything comes back; rows said to be acknowledged that are not there make the seed wrong."""
    with servers.place() as folder:
        ground = supervisor.prepared(folder, rows=20_000)
        _, found, right = supervisor.one_kill(ground, seed=2)
        assert right, found
        honest = supervisor._commit_until
        monkeypatch.setattr(supervisor, "_commit_until", lambda url, until: honest(url, until) + 5)
        _, found, right = supervisor.one_kill(ground, seed=1)
        assert not right, found
