"""What tests of the site may use: a real PostgreSQL, one server for the whole run, a database of one's own.

``DATABASE_URL`` is set when this file is read, before Django's settings are; the server starts with the first test that
needs it. A ``DATABASE_URL`` from outside is used as it is: its role must be allowed to make databases.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import django
import psycopg
import pytest
from django.conf import settings

from tests.web import servers
from troth.web.project.embedded_address import Address

if TYPE_CHECKING:
    from tests.web.cast import Company

SHARED = servers.shared_server()


def _settled() -> None:
    """Set Django up for the run: its own folder, and static files as they lie in the package."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")
    os.environ.setdefault("TROTH_DATA", str(servers.BASE / "data"))
    django.setup()
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


_settled()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """No test reads the language that another one left behind."""
    from django.utils import translation

    with translation.override("en"):
        yield


def pytest_unconfigure() -> None:
    """Stop the run's server if nobody else needs it."""
    if SHARED is not None:
        SHARED.leave()


@pytest.fixture(scope="session")
def database_server() -> Address:
    """Return the address of a running server, where databases may be made."""
    if SHARED is not None:
        return SHARED.server.start()
    return Address.parse(os.environ["DATABASE_URL"])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_server: Address, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Have the server running before Django makes its test database; each worker has its own."""


@pytest.fixture
def fresh_database(database_server: Address) -> Iterator[Address]:
    """Give an empty database of the test's own, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(database_server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield database_server.to(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a folder the database's user can reach, also where root runs the tests; servers in it are stopped."""
    with servers.place() as folder:
        yield folder


@pytest.fixture
def company(db: None) -> Company:
    """Return Baltic Bank, new: the named cast of all tests of the site."""
    from tests.web import cast

    return cast.build()
