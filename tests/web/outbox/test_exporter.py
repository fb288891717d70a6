"""Facts reach the lake exactly once, whatever dies, is restored or moved."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tests.web.outbox.days import NOW, day, held, settled, write
from troth.log.lake import Lake
from troth.log.schema import STORED
from troth.log.store import scan
from troth.web.outbox import bridge, exporter
from troth.web.outbox.models import Batch, Fact, Stream
from troth.web.outbox.record import fact

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def once(store: Lake) -> None:
    """Check that the lake has every fact of the database once, as it was written."""
    assert held(store) == Counter(str(i) for i in Fact.objects.values_list("source_id", flat=True))
    rows = {row["source_id"]: row for row in settled(store)}
    for one in Fact.objects.all():
        row = rows[str(one.source_id)]
        assert (row["source"], row["activity"], row["occurred_at"]) == ("troth", one.activity, one.occurred_at)
        assert {k: v for k, v in one.event.items() if row[k] != v} == {}


def backup() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of the outbox, as a dump of the database would hold them."""
    models: tuple[Any, ...] = (Stream, Batch, Fact)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def restore(kept: dict[str, list[dict[str, Any]]]) -> None:
    """Make the outbox what it was, sequences too."""
    models: tuple[Any, ...] = (Stream, Batch, Fact)
    with transaction.atomic():
        for model in reversed(models):
            model.objects.all().delete()
        for model in models:
            model.objects.bulk_create([model(**row) for row in kept[model.__name__]])
        with connection.cursor() as cursor:
            for table in ("outbox_batch", "outbox_fact"):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 0) + 1, false) FROM {table}"
                )


def test_facts_reach_the_lake_as_they_were_written(store: Lake) -> None:
    """Facts reach the lake as they were written."""
    write(day(1, customers=40))
    assert exporter.export_once(store, now=NOW) == Fact.objects.count()
    assert exporter.export_once(store, now=NOW) == 0
    once(store)
    write(day(2, customers=5))
    exporter.export_once(store, now=NOW)
    once(store)
    assert Batch.objects.filter(done_at=None).count() == 0


def test_many_facts_go_in_batches(store: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many facts go in batches."""
    monkeypatch.setattr(exporter, "MOST", 50)
    write(day(1, customers=40))
    exporter.export_once(store, now=NOW)
    once(store)
    assert Batch.objects.count() == -(-Fact.objects.count() // 50)
    assert max(Batch.objects.values_list("rows", flat=True)) == 50


@pytest.mark.parametrize("where", ["before", "after"])
def test_who_dies_with_a_batch_in_hand_is_followed_by_one_who_ends_it(
    store: Lake, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Who dies with a batch in hand is followed by one who ends it."""
    write(day(1, customers=10))
    land = bridge.land

    def dying(*args: Any, **options: Any) -> tuple[bool, int]:
        if where == "after":
            land(*args, **options)
        raise OSError("the power went")

    monkeypatch.setattr(bridge, "land", dying)
    with pytest.raises(OSError, match="power"):
        exporter.export_once(store, now=NOW)
    monkeypatch.setattr(bridge, "land", land)
    write(day(2, customers=10))
    exporter.export_once(store, now=NOW)
    once(store)
    assert Stream.objects.count() == 1


def test_several_exporters_at_once_while_others_write(store: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several exporters at once while others write."""
    monkeypatch.setattr(exporter, "MOST", 30)
    stop = threading.Event()

    def writing(number: int) -> None:
        for lot in range(25):
            write(day(100 * number + lot, customers=2))
        connection.close()

    def exporting() -> None:
        while not stop.is_set():
            exporter.export_once(store, now=NOW)
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        exporters = [pool.submit(exporting) for _ in range(3)]
        writers = [pool.submit(writing, number) for number in range(3)]
        for each in writers:
            each.result()
        stop.set()
        for each in exporters:
            each.result()
    exporter.export_once(store, now=NOW)
    once(store)


def test_a_database_restored_from_a_backup_loses_nothing_new(store: Lake) -> None:
    """A database restored from a backup loses nothing new."""
    write(day(1, customers=10))
    exporter.export_once(store, now=NOW)
    kept = backup()
    write(day(2, customers=10))
    exporter.export_once(store, now=NOW)
    gone = set(held(store))
    restore(kept)
    # The same numbers come again with other content.
    write(day(3, customers=10))
    exporter.export_once(store, now=NOW)
    assert set(held(store)) == gone | {str(i) for i in Fact.objects.values_list("source_id", flat=True)}
    assert set(held(store).values()) == {1}


def test_a_number_that_comes_again_with_other_content_is_noticed(
    store: Lake, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a database and its copy export at once, so that no look beforehand can tell."""
    monkeypatch.setattr(exporter, "_compare", lambda *_, **__: None)
    write(day(1, customers=5))
    kept = backup()
    exporter.export_once(store, now=NOW)
    was = Stream.objects.get().incarnation
    exported = set(held(store))
    restore(kept)
    Stream.objects.bulk_create([Stream(pk=1, incarnation=was, begun_at=NOW)], ignore_conflicts=True)
    Fact.objects.all().delete()
    write(day(2, customers=5))
    exporter.export_once(store, now=NOW)
    assert "restored or copied" in caplog.text
    assert Stream.objects.get().incarnation != was
    assert set(held(store)) == exported | {str(i) for i in Fact.objects.values_list("source_id", flat=True)}


def test_a_backup_taken_between_a_batch_and_its_end(store: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup taken between a batch and its end."""
    write(day(1, customers=10))
    assert exporter._take(NOW)
    kept = backup()
    exporter.export_once(store, now=NOW)
    write(day(2, customers=10))
    exporter.export_once(store, now=NOW)
    before = held(store)
    restore(kept)
    exporter.export_once(store, now=NOW)
    assert held(store) == before and Batch.objects.filter(done_at=None).count() == 0


def test_a_lake_that_was_restored_or_lost_is_filled_again(store: Lake, tmp_path: Path) -> None:
    """A lake that was restored or lost is filled again."""
    write(day(1, customers=10))
    exporter.export_once(store, now=NOW)
    shutil.copytree(store.root, tmp_path / "copy")
    write(day(2, customers=10))
    exporter.export_once(store, now=NOW)
    shutil.rmtree(store.root)
    shutil.copytree(tmp_path / "copy", store.root)
    exporter.export_once(store, now=NOW)
    once(store)
    shutil.rmtree(store.root)
    exporter.export_once(store, now=NOW)
    once(store)


def test_a_moved_database_goes_on(store: Lake) -> None:
    """A moved database goes on."""
    write(day(1, customers=10))
    exporter.export_once(store, now=NOW)
    restore(backup())
    exporter.renew(now=NOW)
    write(day(2, customers=10))
    exporter.export_once(store, now=NOW)
    once(store)


def test_compaction_between_exports_changes_nothing(store: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compaction between exports changes nothing."""
    monkeypatch.setattr(bridge, "_FILES", 3)
    for seed in range(8):
        write(day(seed, customers=3))
        exporter.export_once(store, now=NOW)
        bridge.tend(store, now=NOW)
    assert store.events.rows()["base"] > 0
    once(store)


def _spoilt() -> Fact:
    """Return a fact that was written before `fact` refused those the log refuses."""
    made = fact("queued", at=NOW, queue="q", contact_id="c1")
    del made.event["contact_id"]
    return made


def test_a_fact_that_fails_the_check_is_kept_as_a_reject_and_holds_nobody_up(
    store: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    """A fact that fails the check is kept as a reject and holds nobody up."""
    write([_spoilt(), *day(1, customers=2)])
    exporter.export_once(store, now=NOW)
    files = store.rejects.files()
    with store.session() as con:
        rows = con.sql(f"SELECT code, imported_at FROM ({scan(files['tail'], store.rejects.schema)})").fetchall()
    assert [code for code, _ in rows] == ["missing-contact-id"] and rows[0][1] == NOW
    assert "rejected" in caplog.text
    assert sum(held(store).values()) == Fact.objects.count() - 1
    write([_spoilt()])
    assert exporter.export_once(store, now=NOW) == 1 and exporter.export_once(store, now=NOW) == 0


def test_facts_are_forgotten_only_after_they_are_long_in_the_lake(store: Lake) -> None:
    """Facts are forgotten only after they are long in the lake."""
    write(day(1, customers=5))
    exporter.export_once(store, now=NOW)
    write(day(2, customers=5))
    count = Fact.objects.count()
    late = NOW + timedelta(days=61)
    assert exporter.forget(now=NOW + timedelta(days=59)) == 0
    assert exporter.forget(now=late) == len(held(store))
    assert Fact.objects.count() == count - len(held(store)) and Batch.objects.count() == 0
    exporter.export_once(store, now=late)
    assert sum(held(store).values()) == count and set(held(store).values()) == {1}


def test_it_runs_until_told_to_stop_and_outlives_a_failure(
    store: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It runs until told to stop and outlives a failure."""
    write(day(1, customers=5))
    stop = threading.Event()
    land, failures = bridge.land, iter([OSError("no space left"), ValueError("a bug")])

    def failing(*args: Any, **options: Any) -> tuple[bool, int]:
        if (failure := next(failures, None)) is not None:
            raise failure
        done = land(*args, **options)
        stop.set()
        return done

    monkeypatch.setattr(bridge, "land", failing)
    thread = threading.Thread(target=exporter.run_forever, args=(stop,), kwargs={"lake": store, "every_s": 0.05})
    thread.start()
    thread.join(30)
    assert not thread.is_alive() and "no space left" in caplog.text and "a bug" in caplog.text
    once(store)


def test_the_schema_of_the_lake_is_what_facts_become() -> None:
    """The schema of the lake is what facts become."""
    assert bridge.events(day(1, customers=3)).schema.equals(STORED)
