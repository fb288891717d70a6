"""What tests of the log share: a lake in a bucket on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.log.buckets import KEY, SECRET, Server, serving

_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return a server of buckets with the bucket `lakes`."""
    with serving() as made:
        made.ask("make", "lakes")
        yield made


@pytest.fixture
def far(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a lake in a bucket that does not exist yet, with the environment it takes."""
    for name in (
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL_S3",
        "TROTH_CACHE_GIB",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("TROTH_CACHE", str(tmp_path / "copies"))
    server.requests()  # forgets those of before
    return f"s3://lakes/made/{next(_numbers)}"
