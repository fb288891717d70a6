"""Facts of a made-up day at a counter, and looks at what came of them in a lake."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from troth.log.lake import Lake
from troth.log.schema import STORED
from troth.log.store import scan
from troth.web.outbox.models import Fact
from troth.web.outbox.record import fact, record

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def visit(chance: random.Random, *, at: datetime, site: str = "riga") -> list[Fact]:
    """Return the facts of one customer: waits, is answered or leaves; with a promise."""
    wait = timedelta(seconds=chance.randrange(20, 1200))
    contact, promise = str(uuid.UUID(int=chance.getrandbits(128))), str(uuid.UUID(int=chance.getrandbits(128)))
    who: dict[str, Any] = {
        "contact_id": contact, "case_id": f"v-{contact}", "queue": f"{site}-general", "site": site,
        "channel": "counter", "service": chance.choice(["cash", "cards"]),
    }  # fmt: skip
    word = {"subject_kind": "promise", "subject_id": promise}
    due = at + timedelta(minutes=12)
    told = [
        fact("queued", at=at, attributes={"ticket": "A001"}, **who),
        fact("promised", at=at, attributes={"kind": "wait", "due_at": due.isoformat()}, value=0.8, **word, **who),
    ]
    if chance.random() < 0.15:
        told.append(fact("abandoned", at=at + wait, **who))
        told.append(fact("promise_waived", at=at + wait, attributes={"kind": "wait"}, **word, **who))
        return told
    kept = "promise_kept" if at + wait <= due else "promise_broken"
    agent = f"p-{chance.randrange(3)}"
    end = at + wait + timedelta(seconds=chance.randrange(60, 600))
    told.append(fact("called", at=at + wait, attributes={"counter": "1"}, agent_id=agent, **who))
    told.append(fact("answered", at=at + wait, attributes={"counter": "1"}, agent_id=agent, **who))
    told.append(fact(kept, at=min(at + wait, due), attributes={"kind": "wait"}, **word, **who))
    told.append(fact("ended", at=end, agent_id=agent, **who))
    return told


def write(facts: list[Fact]) -> None:
    """Write facts in a transaction of their own."""
    with transaction.atomic():
        record(*facts)


def day(seed: int, *, customers: int, site: str = "riga") -> list[Fact]:
    """Return the facts of a day, not written yet."""
    chance = random.Random(seed)
    return [
        told for _ in range(customers)
        for told in visit(chance, at=NOW + timedelta(seconds=chance.randrange(28_800)), site=site)
    ]  # fmt: skip


def held(lake: Lake) -> Counter[str]:
    """Return how often each id stands in the files of the lake, before anything is settled."""
    files = lake.events.files()
    with lake.session() as con:
        rows = con.sql(f"SELECT source_id FROM ({scan(files['base'] + files['tail'], STORED)})").fetchall()
    return Counter(row[0] for row in rows)


def settled(lake: Lake) -> list[dict[str, Any]]:
    """Return the settled events in order of their ids."""
    with lake.session() as con:
        found: list[dict[str, Any]] = (
            con.sql(f"SELECT * FROM ({lake.settled()}) ORDER BY source_id").fetch_arrow_table().to_pylist()
        )
    return found
