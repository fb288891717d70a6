"""A bare Django application that does the transactions of customer flow and nothing else, to be compared with the site.

Its settings, tables and views in one module. Each action is one transaction on the same PostgreSQL: it moves a ticket,
writes an event row and notifies; *call* takes the next one with ``FOR UPDATE SKIP LOCKED``. There are no rights, forms,
disciplines, promises, translations or middleware.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from psycopg.conninfo import conninfo_to_dict

_told = conninfo_to_dict(os.environ.get("BARE_DATABASE", ""))
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _told.get("dbname"),
        "USER": _told.get("user"),
        "PASSWORD": _told.get("password"),
        "HOST": _told.get("host"),
        "PORT": _told.get("port"),
        "OPTIONS": {"pool": {"min_size": 1, "max_size": int(os.environ.get("TROTH_CONNECTIONS") or 16), "timeout": 10}},
    }
}
INSTALLED_APPS: list[str] = []
MIDDLEWARE: list[str] = []
ROOT_URLCONF = __name__
SECRET_KEY = "signs nothing"
USE_TZ = True
USE_I18N = False

TABLES = """
CREATE TABLE bare_number (branch int, prefix text, day date, last int NOT NULL, PRIMARY KEY (branch, prefix, day));
CREATE TABLE bare_ticket (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, branch int NOT NULL, prefix text NOT NULL, number int NOT NULL,
    state text NOT NULL, joined_at timestamptz NOT NULL, called_at timestamptz, answered_at timestamptz,
    ended_at timestamptz, clerk text, previous bigint
);
CREATE INDEX bare_waiting ON bare_ticket (branch, joined_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX bare_number_once ON bare_ticket (branch, prefix, number) WHERE previous IS NULL;
CREATE TABLE bare_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ticket bigint NOT NULL, activity text NOT NULL,
    at timestamptz NOT NULL, event jsonb NOT NULL
);
"""
_NUMBER = (
    "INSERT INTO bare_number AS n VALUES (%s, %s, %s, 1) ON CONFLICT (branch, prefix, day) "
    "DO UPDATE SET last = n.last + 1 RETURNING n.last"
)
_JOIN = (
    "INSERT INTO bare_ticket (branch, prefix, number, state, joined_at, previous) "
    "VALUES (%s, %s, %s, 'waiting', %s, %s) RETURNING id, number"
)
_CALL = (
    "SELECT id, number FROM bare_ticket WHERE branch = %s AND state = 'waiting' "
    "ORDER BY joined_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_CALLED = "UPDATE bare_ticket SET state = 'called', called_at = %s, clerk = %s WHERE id = %s"
_ANSWERED = (
    "UPDATE bare_ticket SET state = 'serving', answered_at = %s WHERE id = %s AND state = 'called' RETURNING id, number"
)
_ENDED = (
    "UPDATE bare_ticket SET state = %s, ended_at = %s WHERE id = %s AND state = 'serving' "
    "RETURNING id, number, branch, prefix"
)


def _say(cursor: Any, branch: int, ticket: int, activity: str, now: datetime) -> None:
    """Write the event and tell whoever listens."""
    event = json.dumps({"ticket": ticket, "branch": branch})
    cursor.execute(
        "INSERT INTO bare_event (ticket, activity, at, event) VALUES (%s, %s, %s, %s)", [ticket, activity, now, event]
    )
    cursor.execute("SELECT pg_notify('bare', %s)", [str(branch)])


def alive(_request: HttpRequest) -> JsonResponse:
    """Answer."""
    return JsonResponse({})


def join(_request: HttpRequest, branch: int) -> JsonResponse:
    """Add a ticket with the next number."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_NUMBER, [branch, "A", now.date()])
        cursor.execute(_JOIN, [branch, "A", cursor.fetchone()[0], now, None])
        ticket, number = cursor.fetchone()
        _say(cursor, branch, ticket, "queued", now)
    return JsonResponse({"token": ticket, "number": number}, status=201)


def call(_request: HttpRequest, branch: int, clerk: str) -> JsonResponse:
    """Take the next ticket."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CALL, [branch])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=204)
        cursor.execute(_CALLED, [now, clerk, found[0]])
        _say(cursor, branch, found[0], "called", now)
    return JsonResponse({"token": found[0], "number": found[1]})


def answer(_request: HttpRequest, branch: int, ticket: int) -> JsonResponse:
    """Begin to serve."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [now, ticket])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=409)
        _say(cursor, branch, ticket, "answered", now)
    return JsonResponse({"token": found[0], "number": found[1]})


def finish(_request: HttpRequest, branch: int, ticket: int) -> JsonResponse:
    """End the service."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ENDED, ["served", now, ticket])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=409)
        _say(cursor, branch, ticket, "ended", now)
    return JsonResponse({"token": found[0], "number": found[1]})


def transfer(_request: HttpRequest, branch: int, ticket: int) -> JsonResponse:
    """End this ticket and wait again under the same number."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ENDED, ["transferred", now, ticket])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=409)
        cursor.execute(_JOIN, [branch, found[3], found[1], now, ticket])
        new, number = cursor.fetchone()
        _say(cursor, branch, ticket, "transferred", now)
    return JsonResponse({"token": new, "number": number})


urlpatterns = [
    path("alive", alive),
    path("join/<int:branch>", join),
    path("call/<int:branch>/<slug:clerk>", call),
    path("answer/<int:branch>/<int:ticket>", answer),
    path("finish/<int:branch>/<int:ticket>", finish),
    path("transfer/<int:branch>/<int:ticket>", transfer),
]


def make() -> ASGIHandler:
    """Return the application; uvicorn calls it in each process."""
    return get_asgi_application()
