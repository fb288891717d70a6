"""The process tree: in order up, in order down, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web import servers
from troth.core import InputError
from troth.web.project.embedded import ServerState
from troth.web.project.embedded_process import command
from troth.web.project.tree import Child, Tree
from troth.web.project.tree_guard import stand_watch
from troth.web.project.tree_log import LogFile

#: Writes its name to the journal at start and when told to stop, after a while.
_POLITE = """
import signal, sys, time
def write(word):
    with open(sys.argv[1], "a") as file:
        file.write(word + " " + sys.argv[2] + "\\n")
def leave(*_):
    time.sleep(0.1)
    write("-")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
write("+")
print("at work", flush=True)
while True:
    time.sleep(1)
"""
_STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    open(__import__("sys").argv[1] + "-grandchild", "w").write(str(os.getpid()))
while True:
    time.sleep(1)
"""


def _python(script: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", script, *words)


def _wait(until: Callable[[], bool], *, seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < limit, "waited too long"
        time.sleep(0.02)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _gone(pid: int) -> bool:
    return not command(pid)[0:1] or command(pid) == [""]


def test_groups_start_in_order_and_stop_in_the_opposite_order(tmp_path: Path) -> None:
    """A group waits until the one before is ready; the database ends when nobody uses it any more."""
    journal, said = tmp_path / "journal", list[str]()

    def child(name: str) -> Child:
        return Child(name, _python(_POLITE, str(journal), name), ready=lambda: f"+ {name}" in _lines(journal))

    groups = [[child("database")], [child("work-1"), child("work-2")], [child("web")]]
    tree = Tree(groups, logs=tmp_path / "log", say=said.append)
    tree.start()
    pids = [tree.pid(name) for name in ("database", "work-1", "work-2", "web")]
    assert len(set(pids)) == 4
    assert None not in pids
    tree.stop()
    lines = _lines(journal)
    assert lines[0] == "+ database"
    assert lines[3:5] == ["+ web", "- web"]
    assert sorted(lines[5:7]) == ["- work-1", "- work-2"]
    assert lines[7:] == ["- database"]
    assert "at work" in _lines(tmp_path / "log" / "web.log")
    assert "web: at work" in said
    assert [name for name in ("database", "web") if tree.pid(name)] == []


def test_a_crashed_process_starts_again_later_each_time(tmp_path: Path) -> None:
    """A process that keeps failing does not keep the machine busy, and its neighbour does not notice."""
    starts = tmp_path / "starts"
    script = f"import time; open({str(starts)!r}, 'a').write(f'{{time.monotonic()}}\\n'); raise SystemExit(3)"
    tree = Tree(
        [[Child("failing", _python(script)), Child("fine", _python(_POLITE, str(tmp_path / "journal"), "fine"))]],
        logs=tmp_path,
    )
    tree.start()
    tree.watch(lambda: len(_lines(starts)) >= 3)
    tree.stop()
    first, second, third = (float(line) for line in _lines(starts)[:3])
    assert 0.5 <= second - first < third - second
    assert "ended with status 3" in (tmp_path / "failing.log").read_text(encoding="utf-8")
    assert _lines(tmp_path / "journal") == ["+ fine", "- fine"]


def test_a_closed_terminal_does_not_stop_the_tree(tmp_path: Path) -> None:
    """Where lines can no longer be shown they are kept in the files, and everything stops in order later."""
    journal, calls = tmp_path / "journal", list[str]()

    def closed(line: str) -> None:
        calls.append(line)
        raise BrokenPipeError

    tree = Tree([[Child("a", _python(_POLITE, str(journal), "a"))]], logs=tmp_path, say=closed)
    tree.start()
    tree.watch(lambda: bool(calls))
    tree.stop()
    assert calls == ["a: at work"]
    assert _lines(journal) == ["+ a", "- a"]


def test_a_program_that_is_missing_is_tried_again(tmp_path: Path) -> None:
    """A program put in place later, as during an update, is found."""
    program = tmp_path / "program"
    tree = Tree([[Child("late", (str(program),))]], logs=tmp_path)
    tree.start()
    assert "cannot be started" in (tmp_path / "late.log").read_text(encoding="utf-8")
    program.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    tree.watch(lambda: tree.pid("late") is not None)
    tree.stop()


def test_a_task_that_is_done_is_not_started_again(tmp_path: Path) -> None:
    """An end with status 0 is an end where the child says so."""
    starts = tmp_path / "starts"
    task = Child("task", _python(f"open({str(starts)!r}, 'a').write('x\\n')"), again=False)
    tree = Tree([[task]], logs=tmp_path)
    tree.start()
    tree.watch(lambda: tree.pid("task") is None and bool(_lines(starts)))
    until = time.monotonic() + 1.2
    tree.watch(lambda: time.monotonic() > until)
    tree.stop()
    assert _lines(starts) == ["x"]


def test_a_start_that_fails_stops_everything_and_says_why(tmp_path: Path) -> None:
    """The issue holds the last lines of the process that did not get ready."""
    journal = tmp_path / "journal"
    first = Child("database", _python(_POLITE, str(journal), "database"), ready=journal.exists)
    never = Child("web", _python("print('no such table'); raise SystemExit(1)"), ready=lambda: False, ready_s=0.8)
    with pytest.raises(InputError, match="no such table") as caught:
        Tree([[first], [never]], logs=tmp_path).run()
    assert caught.value.issues[0].code == "process-not-ready"
    assert _lines(journal) == ["+ database", "- database"]


def test_a_process_that_does_not_stop_is_killed_with_what_it_started(tmp_path: Path) -> None:
    """Patience ends; a grandchild does not survive."""
    mark = tmp_path / "mark"
    grandchild = tmp_path / "mark-grandchild"
    tree = Tree([[Child("stubborn", _python(_STUBBORN, str(mark)), patience_s=0.3)]], logs=tmp_path)
    tree.start()
    _wait(lambda: bool(_lines(grandchild)))
    tree.stop()
    assert "does not stop" in (tmp_path / "stubborn.log").read_text(encoding="utf-8")
    _wait(lambda: _gone(int(_lines(grandchild)[0])))


def _tree_process(folder: Path, children: str) -> subprocess.Popen[str]:
    """Start a process of its own that runs a tree of the given children and says "ready" once they are."""
    script = f"""
        import sys
        from pathlib import Path
        from tests.web import servers
        from troth.web.project.embedded_keeper import *
        from troth.web.project.tree import Child, Tree
        folder = Path(sys.argv[1])
        POLITE, STUBBORN = {_POLITE!r}, {_STUBBORN!r}
        def python(script, *words):
            return (sys.executable, "-S", "-c", script, *words)
        tree = Tree({children}, logs=folder / "log")
        sys.exit(tree.run(on_ready=lambda: print("ready", flush=True)))
    """
    command_line = [sys.executable, "-c", textwrap.dedent(script), str(folder)]
    return subprocess.Popen(command_line, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_in_a_clean_stop(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, a service manager's stop and a closed terminal stop in order, with status 0."""
    journal = tmp_path / "journal"
    children = (
        "[[Child('a', python(POLITE, str(folder / 'journal'), 'a'), ready=(folder / 'journal').exists)],"
        " [Child('b', python(POLITE, str(folder / 'journal'), 'b'))]]"
    )
    process = _tree_process(tmp_path, children)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    _wait(lambda: "+ b" in _lines(journal))
    process.send_signal(number)
    assert process.wait(20) == 0
    process.stdout.close()
    assert _lines(journal) == ["+ a", "+ b", "- b", "- a"]


def test_a_killed_tree_leaves_no_orphan(tmp_path: Path) -> None:
    """SIGKILL to the parent: polite children stop at once, those that do not listen are killed by the guard."""
    children = (
        "[[Child('polite', python(POLITE, str(folder / 'journal'), 'polite')),"
        " Child('stubborn', python(STUBBORN, str(folder / 'mark')), patience_s=1.0),"
        " Child('plain', ('sleep', '600'))]]"
    )
    process = _tree_process(tmp_path, children)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    _wait(lambda: bool(_lines(tmp_path / "mark-grandchild")) and bool(_lines(tmp_path / "journal")))
    grandchild = int(_lines(tmp_path / "mark-grandchild")[0])
    family = [pid for pid in _all_pids() if _parent(pid) == process.pid] + [grandchild]
    assert len(family) == 5, "three children, the guard, one grandchild"
    process.kill()
    process.wait()
    process.stdout.close()
    _wait(lambda: _lines(tmp_path / "journal") == ["+ polite", "- polite"])
    _wait(lambda: all(_gone(pid) for pid in family))


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()[1])
    except OSError:
        return 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_database_stops_cleanly_with_its_tree(place: Path, number: int) -> None:
    """Asked or killed, the tree's end is a clean end of the database, which needs no recovery afterwards."""
    process = _tree_process(place, "[[database_child(folder / 'data')]]")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    server = servers.server_in(place / "data")
    assert server.status() is ServerState.RUNNING
    os.kill(process.pid, number)
    process.wait(30)
    process.stdout.close()
    _wait(lambda: server.status() is ServerState.STOPPED)

    def log() -> str:
        return "".join(path.read_text(encoding="utf-8") for path in (place / "data" / "log").glob("postgresql-*.log"))

    # The last line is said after the lock is let go, and is written by the collector, which outlives the server.
    _wait(lambda: "database system is shut down" in log())
    server.start()
    assert "not properly shut down" not in log()


@pytest.mark.slow
def test_a_killed_database_comes_back_under_its_tree(place: Path) -> None:
    """The tree notices that the server ended, and starts it again at the same address."""
    process = _tree_process(place, "[[database_child(folder / 'data')]]")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    server = servers.server_in(place / "data")
    first = (server.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
    os.kill(int(first), signal.SIGKILL)
    _wait(lambda: _gone(int(first)))
    _wait(lambda: server.status() is ServerState.RUNNING)
    process.terminate()
    assert process.wait(30) == 0
    process.stdout.close()
    assert server.status() is ServerState.STOPPED


def test_a_guard_forgets_what_has_ended() -> None:
    """A number given back is not held against whoever has it next; a dismissed guard sees nobody off."""
    assert stand_watch(["5 10.0\n", "6 2\n", "5 gone\n"]) == {6: 2.0}
    assert stand_watch(["5 10.0\n", "home\n"]) == {}


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    """A log file stays short, some older ones are kept, and a process that holds it open goes on writing."""
    path = tmp_path / "web.log"
    log = LogFile(path, longest=1000)
    seen: list[str] = []
    with path.open("a", encoding="utf-8") as writer:
        for number in range(300):
            writer.write(f"line {number:03} of the process's own words\n")
            writer.flush()
            seen += log.news()
    assert seen == [f"line {number:03} of the process's own words" for number in range(300)]
    assert path.stat().st_size <= 1000
    assert sorted(one.name for one in tmp_path.iterdir()) == ["web.1.log", "web.2.log", "web.3.log", "web.log"]
    assert log.tail(1).startswith("line 299") or _lines(tmp_path / "web.1.log")[-1].startswith("line 299")


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    """Lines are passed on whole."""
    log = LogFile(tmp_path / "a.log")
    with (tmp_path / "a.log").open("a", encoding="utf-8") as writer:
        writer.write("one\ntw")
        writer.flush()
        assert log.news() == ["one"]
        writer.write("o\n")
        writer.flush()
    assert log.news() == ["two"]
