"""A bare Django application that does the transactions of customer flow and nothing else, to be compared with the site.

Its settings, tables and views in one module. Each action is one transaction on the same PostgreSQL and leaves what the
site's own leaves: the ticket, the clerk's state, the visit, the promise of a wait made at joining and settled at the call,
the same facts in an outbox with the same columns and indexes, and a notice; *call* takes the next one with ``FOR UPDATE
SKIP LOCKED``. Statements are as few as plain SQL allows: all facts of an action are one. There are no rights, forms,
disciplines, translations or middleware, nothing is foreseen (every wait is promised to be over in ten minutes) and no forecast
is kept.

Until 2026-11-27 it wrote one narrow row an action, without visit, clerk and promise: an easier transaction than the one
it is compared with, where the site writes one to four facts. Figures from before and after are not one series.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

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
    ended_at timestamptz, clerk text, previous bigint, visit bigint NOT NULL, contact_id uuid NOT NULL UNIQUE
);
CREATE INDEX bare_waiting ON bare_ticket (branch, joined_at, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX bare_number_once ON bare_ticket (branch, prefix, number) WHERE previous IS NULL;
CREATE TABLE bare_visit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, case_id uuid NOT NULL UNIQUE, branch int NOT NULL,
    opened_at timestamptz NOT NULL, closed_at timestamptz
);
CREATE TABLE bare_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, branch int NOT NULL, clerk text NOT NULL, state text NOT NULL,
    since timestamptz NOT NULL, UNIQUE (branch, clerk)
);
CREATE TABLE bare_promise (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, promise_id uuid NOT NULL UNIQUE, subject text NOT NULL,
    made_at timestamptz NOT NULL, due_at timestamptz NOT NULL, state text NOT NULL, settled_at timestamptz
);
CREATE UNIQUE INDEX bare_promise_running ON bare_promise (subject) WHERE settled_at IS NULL;
CREATE INDEX bare_promise_due ON bare_promise (due_at) WHERE settled_at IS NULL;
CREATE TABLE bare_fact (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source_id uuid NOT NULL, version bigint NOT NULL,
    occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, activity text NOT NULL, event jsonb NOT NULL,
    batch bigint, UNIQUE (source_id, version)
);
CREATE INDEX bare_fact_waiting ON bare_fact (id) WHERE batch IS NULL;
CREATE INDEX bare_fact_when ON bare_fact (occurred_at);
CREATE INDEX bare_fact_of_promise ON bare_fact ((event ->> 'subject_id')) WHERE activity LIKE 'promis%';
"""
_NUMBER = (
    "INSERT INTO bare_number AS n VALUES (%s, %s, %s, 1) ON CONFLICT (branch, prefix, day) "
    "DO UPDATE SET last = n.last + 1 RETURNING n.last"
)
_VISIT = "INSERT INTO bare_visit (case_id, branch, opened_at) VALUES (%s, %s, %s) RETURNING id"
_JOIN = (
    "INSERT INTO bare_ticket (branch, prefix, number, state, joined_at, previous, visit, contact_id) "
    "VALUES (%s, %s, %s, 'waiting', %s, %s, %s, %s) RETURNING id, number"
)
_CALL = (
    "SELECT id, number, contact_id FROM bare_ticket WHERE branch = %s AND state = 'waiting' "
    "ORDER BY joined_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
)
_CALLED = "UPDATE bare_ticket SET state = 'called', called_at = %s, clerk = %s WHERE id = %s"
_TAKES = (
    "INSERT INTO bare_session AS s (branch, clerk, state, since) VALUES (%s, %s, 'on_contact', %s) "
    "ON CONFLICT (branch, clerk) DO UPDATE SET state = 'on_contact', since = excluded.since "
    "WHERE s.state = 'available' RETURNING id"
)
_FREE = "UPDATE bare_session SET state = 'available', since = %s WHERE branch = %s AND clerk = %s"
_ANSWERED = (
    "UPDATE bare_ticket SET state = 'serving', answered_at = %s WHERE id = %s AND state = 'called' "
    "RETURNING id, number, contact_id, clerk"
)
_ENDED = (
    "UPDATE bare_ticket SET state = %s, ended_at = %s WHERE id = %s AND state = 'serving' "
    "RETURNING id, number, contact_id, clerk, prefix, visit"
)
_CLOSED = "UPDATE bare_visit SET closed_at = %s WHERE id = %s"
_PROMISE = "INSERT INTO bare_promise (promise_id, subject, made_at, due_at, state) VALUES (%s, %s, %s, %s, 'promised')"
_SETTLE = (
    "UPDATE bare_promise SET settled_at = %s, state = CASE WHEN due_at >= %s THEN 'kept' ELSE 'broken' END "
    "WHERE subject = %s AND settled_at IS NULL RETURNING promise_id, state"
)
_FACTS = "INSERT INTO bare_fact (source_id, version, occurred_at, recorded_at, activity, event) VALUES "
_SOON = timedelta(minutes=10)


def _say(
    cursor: Any,
    branch: int,
    contact: Any,
    activities: Sequence[str],
    now: datetime,
    *,
    clerk: str = "",
    promise: Any = None,
) -> None:
    """Write the facts of an action and tell whoever listens."""
    told = {
        "contact_id": str(contact), "queue": f"{branch}-general", "site": f"bench-{branch}", "channel": "walk_in",
        "service": "cash", "priority": "3", "origin": "exact", "direction": "in", "agent_id": clerk,
    }  # fmt: skip
    values: list[Any] = []
    for one in activities:
        about = {"subject_kind": "promise", "subject_id": str(promise)} if one.startswith("promise") else {}
        values += [uuid4(), 0, now, now, one, json.dumps(told | about)]
    cursor.execute(_FACTS + ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(activities)), values)
    cursor.execute("SELECT pg_notify('bare', %s)", [str(branch)])


def _promise(cursor: Any, contact: UUID, now: datetime) -> UUID:
    """Promise a wait."""
    made = uuid4()
    cursor.execute(_PROMISE, [made, f"contact:{contact}", now, now + _SOON])
    return made


def alive(_request: HttpRequest) -> JsonResponse:
    """Answer."""
    return JsonResponse({})


def join(_request: HttpRequest, branch: int) -> JsonResponse:
    """Add a ticket with the next number."""
    now, contact = datetime.now(UTC), uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_VISIT, [uuid4(), branch, now])
        visit = cursor.fetchone()[0]
        cursor.execute(_NUMBER, [branch, "A", now.date()])
        cursor.execute(_JOIN, [branch, "A", cursor.fetchone()[0], now, None, visit, contact])
        ticket, number = cursor.fetchone()
        made = _promise(cursor, contact, now)
        _say(cursor, branch, contact, ("opened", "arrived", "queued", "promised"), now, promise=made)
    return JsonResponse({"token": ticket, "number": number}, status=201)


def call(_request: HttpRequest, branch: int, clerk: str) -> JsonResponse:
    """Take the next ticket to a clerk who is free."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CALL, [branch])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=204)
        cursor.execute(_TAKES, [branch, clerk, now])
        if cursor.fetchone() is None:
            return JsonResponse({}, status=409)
        cursor.execute(_CALLED, [now, clerk, found[0]])
        cursor.execute(_SETTLE, [now, now, f"contact:{found[2]}"])
        promise, state = cursor.fetchone()
        activities = ("called", "state_changed", f"promise_{state}")
        _say(cursor, branch, found[2], activities, now, clerk=clerk, promise=promise)
    return JsonResponse({"token": found[0], "number": found[1]})


def answer(_request: HttpRequest, branch: int, ticket: int) -> JsonResponse:
    """Begin to serve."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [now, ticket])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=409)
        _say(cursor, branch, found[2], ("answered",), now, clerk=found[3])
    return JsonResponse({"token": found[0], "number": found[1]})


def finish(_request: HttpRequest, branch: int, ticket: int) -> JsonResponse:
    """End the service and the visit."""
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ENDED, ["served", now, ticket])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=409)
        cursor.execute(_FREE, [now, branch, found[3]])
        cursor.execute(_CLOSED, [now, found[5]])
        _say(cursor, branch, found[2], ("ended", "state_changed", "resolved", "closed"), now, clerk=found[3])
    return JsonResponse({"token": found[0], "number": found[1]})


def transfer(_request: HttpRequest, branch: int, ticket: int) -> JsonResponse:
    """End this ticket and wait again under the same number."""
    now, contact = datetime.now(UTC), uuid4()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ENDED, ["transferred", now, ticket])
        found = cursor.fetchone()
        if found is None:
            return JsonResponse({}, status=409)
        cursor.execute(_FREE, [now, branch, found[3]])
        cursor.execute(_JOIN, [branch, found[4], found[1], now, ticket, found[5], contact])
        new, number = cursor.fetchone()
        made = _promise(cursor, contact, now)
        activities = ("transferred", "state_changed", "queued", "promised")
        _say(cursor, branch, contact, activities, now, clerk=found[3], promise=made)
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
