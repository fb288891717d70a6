"""The rules of the house hold in every file, and each checker can fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.architecture import checks

#: Files over the cap, each with the reason. Splitting is better than adding a line here.
LONG: dict[str, str] = {}

#: Public engine functions that take more than one argument by position, each with the reason.
POSITIONAL: dict[str, str] = {
    "core/json_input.py Faults.tell": "code, place, value, advice: an issue in its own order, said hundreds of times",
    "core/json_input.py Faults.wrong": "the same",
    "kpi/definition.py Part.span": "rows and parameters, as every function of a part takes them",
    "log/lake.py Lake.shelf": "the path of a table, part by part, then its schema",
    "log/timelines/cache.py refresh": "lake, connection and timeline: no two of one type",
}

#: Files no other room calls, whose functions may take arguments by position, each with the reason.
INNER: dict[str, str] = {
    "demo/after.py": "hands of the event loop, called for every event",
    "demo/clock.py": "a day and its zone, used all over the event loop",
    "demo/desk.py": "handlers of the event loop, called from one table with time and what",
    "demo/engine.py": "the event loop",
    "demo/floor.py": "handlers of the event loop, called from one table with time and what",
    "demo/plan.py": "sums of the made-up planner",
    "demo/practice/engine.py": "the practice's own loop: a person and a day, asked thousands of times",
    "demo/practice/people.py": "the practice's own loop: whose chance it is",
    "demo/practice/planning.py": "the practice's own loop: a person or team and a week",
    "demo/practice/sales.py": "the practice's own loop: a skill and a week",
    "kpi/fold.py": "inner steps of kpi/query.py",
    "kpi/plan.py": "inner steps of kpi/query.py",
    "log/store.py": "inner steps of log/lake.py",
}

#: Files of engine rooms that may touch files or processes, each with the reason. All of `log` may.
TOUCHES_FILES: dict[str, str] = {
    "charts/page.py": "reads the style and script that lie beside it in the package",
    "demo/tables.py": "writes the reference tables of the demo company, for demo/write.py",
    "demo/write.py": "writes the demo company",
    "field/travel/read.py": "reads tables and extracts, and keeps compressed graphs",
    "field/travel/servers.py": "asks routing servers",
    "kpi/query.py": "opens the lake",
}

#: Files of engine rooms that may read the clock, each with the reason.
READS_CLOCK: dict[str, str] = {
    "log/_conditional.py": "names an object of a bucket that nobody else may have",
    "log/store.py": "names the working files of one run, so that two runs never share one",
}


def _complaints(check: Callable[[str], list[str]], excepted: dict[str, str]) -> list[str]:
    return [f"{name} {what}" for name, text in checks.engine_files() for what in check(text) if name not in excepted]


def test_no_file_is_longer_than_the_cap() -> None:
    """A file that grows beyond 400 lines holds more than one thing."""
    files = checks.python_files("src", "tests", "benchmarks")
    assert files
    found = {checks.name_of(path): checks.long_file(path.read_text(encoding="utf-8")) for path in files}
    assert {name: what for name, what in found.items() if what and name not in LONG} == {}
    assert [name for name in LONG if not found.get(name)] == [], "no longer needs its exception"
    assert checks.long_file("x\n" * 401)
    assert not checks.long_file("x\n" * 400)


def test_a_term_is_defined_once() -> None:
    """Two enums or records of one name would be two meanings of one word."""
    homes: dict[str, list[str]] = {}
    shared = [path for path in checks.python_files("src") if not path.name.startswith("_")]
    for path in shared:
        for name in checks.closed_lists_and_records(path.read_text(encoding="utf-8")):
            if not name.startswith("_"):
                homes.setdefault(name, []).append(checks.name_of(path))
    assert len(homes) > 10
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
    text = "class A(StrEnum): ...\n@dataclass(frozen=True)\nclass B: ...\nclass C(NamedTuple): ...\nclass D: ..."
    assert checks.closed_lists_and_records(text) == ["A", "B", "C"]


def test_engine_functions_take_one_argument_by_position() -> None:
    """Beyond the first, arguments are named: a call says what it means."""
    found = [one for one in _complaints(checks.loose_arguments, INNER) if "/_" not in one]
    assert [one for one in found if one not in POSITIONAL] == []
    assert [one for one in POSITIONAL if one not in found] == [], "no longer needs its exception"
    text = "def a(x, y): ...\ndef b(x, *, y): ...\ndef _c(x, y): ...\nclass D:\n def e(self, x, y): ...\n def f(self, x): ...\ndef g(start, end): ..."
    assert checks.loose_arguments(text) == ["D.e", "a"]


def test_engine_rooms_read_no_clock_and_no_unseeded_chance() -> None:
    """Same input and seed, same result: time and chance come in as arguments."""
    assert _complaints(checks.clocks_and_chance, READS_CLOCK) == []


@pytest.mark.parametrize(
    "text",
    [
        "datetime.now(UTC)", "dt.datetime.utcnow()", "date.today()", "time.time()", "import random",
        "from random import choice", "np.random.normal()", "numpy.random.seed(1)", "np.random.default_rng()",
        "from numpy.random import default_rng\ndefault_rng()", "from random import Random\nRandom()", "uuid.uuid4()",
    ],
)  # fmt: skip
def test_a_clock_or_dice_is_noticed(text: str) -> None:
    """The checker of clocks and chance can fail."""
    assert checks.clocks_and_chance(text)


def test_seeded_chance_is_allowed() -> None:
    """A generator made from a seed is how chance comes in."""
    text = "import numpy as np\nfrom numpy.random import Generator\nr = np.random.default_rng(seed)\nr.normal()\nfrom random import Random\nRandom(seed)"
    assert not checks.clocks_and_chance(text)


def test_engine_rooms_print_nothing() -> None:
    """Results are returned; only the command line prints."""
    assert _complaints(checks.prints, {}) == []
    assert checks.prints("print(1)")
    assert checks.prints("import sys\nsys.stderr.write('x')")


def test_engine_rooms_touch_nothing_outside_the_named_places() -> None:
    """Files are read and written by the log, by one file of kpi and one of demo."""
    found = [one for one in _complaints(checks.outside_world, TOUCHES_FILES) if not one.startswith("log/")]
    assert found == []
    assert checks.outside_world("open('x')")
    assert checks.outside_world("Path('x').write_text('y')")
    assert checks.outside_world("from urllib.request import Request")


def test_no_data_is_run_as_code() -> None:
    """No pickle, no eval: a log from outside must not be able to run anything."""
    texts = [(checks.name_of(path), path.read_text(encoding="utf-8")) for path in checks.python_files("src")]
    assert [f"{name} {what}" for name, text in texts for what in checks.unsafe(text)] == []
    assert checks.unsafe("import pickle")
    assert checks.unsafe("eval('1')")
    assert not checks.unsafe("frame.eval('x')")


def test_engine_rooms_do_not_know_django() -> None:
    """The engine works in a notebook as in the site."""
    assert [name for name, text in checks.engine_files() if checks.imports_of(text, top="django")] == []
    assert checks.imports_of("from django.db import models", top="django")


def test_every_test_states_its_rule() -> None:
    """One sentence a test: what must hold, in words."""
    texts = [(checks.name_of(path), path.read_text(encoding="utf-8")) for path in checks.python_files("tests")]
    assert [f"{name} {what}" for name, text in texts for what in checks.mute_tests(text)] == []
    assert checks.mute_tests("def test_a(): ...\ndef b(): ...\ndef test_c():\n 'Rule.'") == ["test_a"]
