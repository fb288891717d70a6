"""What every test may use: sample data, a lake, no network, quick and repeatable random examples."""

from __future__ import annotations

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
