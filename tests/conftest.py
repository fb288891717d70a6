"""What every test may use: sample data, a lake, no network, quick and repeatable random examples."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# The same examples on every machine: a failure must be seen by all or by none. `explore` looks for new ones.
settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fast", settings.get_profile("ci"), max_examples=20)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("TROTH_HYPOTHESIS", "ci"))


# Expressions of figures are trees of many small objects: looking through them as often as Python does by itself takes an
# eighth of the time.
gc.set_threshold(20_000, 20, 20)


#: Files that take longest go first: a worker that begins one when the others are done would be waited for.
SLOWEST = (
    "kpi/test_spark.py", "docs/test_docstrings.py", "web/flow/test_database_restart.py", "docs/test_examples.py",
    "web/flow/test_screens_browser.py", "benchmarks/test_live_bench.py", "kpi/test_reference.py", "web/people/test_screens_browser.py",
    "web/outbox/test_lives.py", "web/outbox/test_tail.py", "web/flow/test_races.py", "kpi/test_incremental.py", "benchmarks/test_kpi_bench.py",
    "kpi/reconcile/test_task_sla.py", "kpi/gaming/test_planted.py", "web/project/test_embedded_issues.py", "log/test_s3.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first, the others as they are."""
    place = {name: k for k, name in enumerate(SLOWEST)}
    items.sort(key=lambda one: place.get(one.path.relative_to(ROOT / "tests").as_posix(), len(place)))


def pytest_collection_finish() -> None:
    """Look no more through what is there before the first test, and stays."""
    gc.collect()
    gc.freeze()


def missing(what: str) -> None:
    """Skip the test for want of `what`, or fail it where everything must be there."""
    if os.environ.get("TROTH_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} (TROTH_REQUIRE_ALL=1 forbids to skip)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def samples() -> Path:
    """Return the folder of published logs, which belong to others and are not part of this repository."""
    folder = os.environ.get("TROTH_SAMPLES", "")
    if not folder:
        missing("TROTH_SAMPLES does not name a folder of sample data")
    if not Path(folder).is_dir():
        missing(f"TROTH_SAMPLES={folder} is not a folder")
    return Path(folder)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Return the path of a lake that does not exist yet."""
    return tmp_path / "lake"


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    yield
    patch.undo()


def _guarded(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not is_loopback(address):
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    return guarded


def is_loopback(address: Any) -> bool:
    """Tell whether a socket address stays on this machine."""
    host = str(address[0]) if isinstance(address, tuple) else str(address)
    return host in {"localhost", "::1"} or host.startswith("127.")
