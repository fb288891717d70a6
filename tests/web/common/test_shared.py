"""Counts and locks that all web processes share: exact under contention, over when their time is, without addresses."""

from __future__ import annotations

import re
import threading

import pytest
from django.core.cache import cache
from django.db import connection

from troth.web.common.shared import count, forget_counts


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_counted_as_two_and_one_lock_is_had_once() -> None:
    """Forty threads, each with a connection as a process has: forty counted, each number once; one has the lock."""
    cache.clear()
    numbers, locks = list[int](), list[bool]()

    def act() -> None:
        numbers.append(count("one", lasts_s=60))
        locks.append(cache.add("lock", True, timeout=60))
        connection.close()

    threads = [threading.Thread(target=act) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 41)) and locks.count(True) == 1


@pytest.mark.django_db
def test_it_is_a_cache_as_django_means_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set, get, add, touch and delete; what has ended is not there, may be added anew, and is removed by the worker."""
    cache.clear()
    now = 1_700_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    cache.set("tried", [1.5, 2.5], 60)
    assert cache.get("tried") == [1.5, 2.5] and cache.get("other", 7) == 7
    assert not cache.add("tried", 1, 60) and cache.touch("tried", 120)
    now += 90
    assert cache.get("tried") == [1.5, 2.5]
    now += 60
    assert cache.get("tried") is None and not cache.touch("tried")
    assert count("one", lasts_s=10) == 1 and count("one", lasts_s=10) == 2
    now += 10
    assert count("one", lasts_s=10) == 1
    assert cache.add("tried", 1, None) and forget_counts() == 0
    now += 1e9
    assert (forget_counts(), cache.get("tried")) == (1, 1)
    assert cache.delete("tried") and not cache.delete("tried")


@pytest.mark.django_db
def test_no_address_can_be_read_from_what_is_counted() -> None:
    """A backup holds the table too: its keys are digests under the site's secret."""
    count("often-join-192.0.2.1-1", lasts_s=60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM people_counted")
        found = [key for (key,) in cursor.fetchall()]
    assert found and all(re.fullmatch("[0-9a-f]{64}", key) for key in found)
