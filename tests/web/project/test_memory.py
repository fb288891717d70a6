"""A web process keeps nothing of the requests it has answered, and few holes in its memory."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from typing import cast as cast_to
from urllib.parse import clear_cache  # type: ignore[attr-defined]  # not in the stubs

from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from tests.web import cast
from tests.web.cast import Company
from troth.core.terms import Role
from troth.web.flow.expects import learn
from troth.web.project.serve import ONE_HEAP, tree
from troth.web.project.site import Installation

ROUNDS = 12


class _Program:
    """A program with a key; Django's test client itself keeps something of each request."""

    def __init__(self, secret: str) -> None:
        self._handler = BaseHandler()
        self._handler.load_middleware()
        self._asked = RequestFactory(headers={"Authorization": f"Bearer {secret}"})

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """Return status and answer of a call."""
        request = self._asked.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
        answer = cast_to("HttpResponse", self._handler.get_response(request))
        return answer.status_code, json.loads(answer.content)


def test_after_twice_as_many_actions_as_many_objects_are_left(company: Company) -> None:
    """Customers join, are called, served and learned from; then the program holds what it held after half of them."""
    here = cast.branch(company).branch.token
    program = _Program(cast.key(company.vilnius, role=Role.ADMINISTRATOR)[1])
    desk = f"branches/{here}/clerks/{company.bob.code}"
    program.post(f"branches/{here}/clerks", clerk=company.bob.code)

    def left() -> Counter[str]:
        for _ in range(ROUNDS):
            assert program.post(f"branches/{here}/tickets", service="cash")[1]["wait"]
            token = program.post(f"{desk}/call-next")[1]["token"]
            for act in ("answer", "finish"):
                assert program.post(f"{desk}/{act}/{token}")[0] == 200
        learn(now=timezone.now())
        clear_cache()  # of addresses taken apart, of which the library keeps some
        gc.collect()
        return Counter(type(one).__qualname__ for one in gc.get_objects())

    left()  # what is made once: plans, tables of words, first memories
    once, twice = left(), left()
    # Four actions a round: one object kept by any of them would be more.
    assert (twice - once).total() < ROUNDS, (twice - once).most_common(5)


def test_what_is_loaded_is_set_apart_from_what_is_collected() -> None:
    """A full collection looks at what requests leave, not at the whole program, and so comes more often."""
    program = "import gc, troth.web.project.asgi as _; print(gc.get_freeze_count(), len(gc.get_objects()))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    apart, watched = map(int, said.stdout.split())
    assert apart > 20 * watched


def test_threads_of_a_web_process_share_one_heap(tmp_path: Path) -> None:
    """The tree starts it so; without, what the busiest request of each thread needed is never given back."""
    site = Installation(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    site.make()
    started = [
        one.child for group in tree(site, host="", port=1, processes=1, more=(), say=None)._groups for one in group
    ]
    (web,) = (one for one in started if one.name == "web")
    assert ONE_HEAP.items() <= web.environment.items()
    program = (
        "import ctypes, re, threading\n"
        "kept, go = [], threading.Barrier(8)\n"
        "def work(): go.wait(); kept.append([bytes(5_000) for _ in range(200)]); go.wait()\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[one.start() for one in threads]; [one.join() for one in threads]\n"
        "libc = ctypes.CDLL(None); libc.malloc_stats()\n"
    )
    heaps = {}
    for name, more in (("one", ONE_HEAP), ("own", {"MALLOC_ARENA_MAX": "8"})):
        said = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, **more}
        )
        heaps[name] = said.stderr.count("Arena ")
    assert heaps["one"] == 1 < heaps["own"]
