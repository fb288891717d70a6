"""Supervisor: kill the whole process tree during a large insert; does the database come back, whole and at once?

    python -m benchmarks.quality.supervisor [--seeds 10] [--set quick|issue|full] [--json]

One database below a path of 120 letters, run by the process tree of the site. For each seed one statement inserts three
million rows (`issue`) while another connection commits small rows as fast as it can. At a random moment of the insert
SIGKILL goes to every process: tree, guard, keeper, postmaster and its workers. For every second seed the pid file then
names a live process that is no server. Started again,

- of the large insert all rows or none may be there, all if it was acknowledged; and every acknowledged small row must
  be (one more may be: committed, not told);
- index and table must say the same, and the same insert must now succeed.

`value` is the seconds from the start of the new tree until a query is answered, recovery included; `limit_s` the bound
pg_ctl is given.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.quality._common import case_set, line, parser
from troth.web.project._postgres import PATIENCE_S
from troth.web.project.embedded import Server, ServerState
from troth.web.project.embedded_process import PidFile, command, members

_TREE = """
import sys
from pathlib import Path
from typing import Any
from troth.web.project.embedded_keeper import database_child
from troth.web.project.tree import Child, Tree
data = Path(sys.argv[1])
tree = Tree([[database_child(data)], [Child("web", ("sleep", "3600"))]], logs=Path(sys.argv[2]))
sys.exit(tree.run(on_ready=lambda: print("ready", flush=True)))
"""
_FORM = """
CREATE TABLE IF NOT EXISTS big (id bigint PRIMARY KEY, word text NOT NULL, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS small (id int PRIMARY KEY);
TRUNCATE big, small;
"""
_INSERT = "INSERT INTO big SELECT n, md5(n::text), now() FROM generate_series(1, %s) n"


@dataclass(slots=True)
class Ground:
    """The folders of one run, and how long the insert takes when nobody disturbs it."""

    data: Path
    logs: Path
    rows: int
    insert_s: float = 0.0

    @property
    def server(self) -> Server:
        """The server, asked about from outside."""
        return Server(self.data)


def prepared(folder: Path, *, rows: int) -> Ground:
    """Make the database on a path of 120 letters, and time the insert."""
    folder.chmod(0o711)  # as root, the database's user must be able to pass
    ground = Ground(folder / ("d" * (119 - len(str(folder)))), folder / "log", rows)
    assert len(str(ground.data)) == 120
    tree = started(ground)
    with psycopg.connect(ground.server.address.url) as connection:
        connection.execute(_FORM.encode())
        connection.commit()
        began = time.monotonic()
        connection.execute(_INSERT.encode(), (rows,))
        connection.commit()
        ground.insert_s = time.monotonic() - began
    stopped(tree)
    return ground


def started(ground: Ground) -> subprocess.Popen[str]:
    """Start the tree and wait until the database answers."""
    words = [sys.executable, "-c", _TREE, str(ground.data), str(ground.logs)]
    tree = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert tree.stdout is not None
    said = tree.stdout.readline()
    assert said == "ready\n", said
    return tree


def stopped(tree: subprocess.Popen[str]) -> None:
    """Stop the tree as a service manager does."""
    tree.terminate()
    assert tree.wait() == 0
    assert tree.stdout is not None
    tree.stdout.close()


def one_kill(ground: Ground, *, seed: int) -> tuple[float, dict[str, int], bool]:
    """Kill everything at a random moment; return seconds until it answers again, what was found, and whether it is right."""
    dice = random.Random(seed)
    tree = started(ground)
    url = ground.server.address.url
    with psycopg.connect(url) as connection:
        connection.execute(_FORM.encode())
    done = threading.Event()
    big = threading.Thread(target=_insert, args=(url, ground.rows, done))
    big.start()
    acknowledged = _commit_until(url, time.monotonic() + dice.uniform(0.05, 0.95) * ground.insert_s)
    _kill(ground, tree)
    big.join()
    stranger = _reuse_pid(ground) if seed % 2 == 0 else None
    began = time.monotonic()
    tree = started(ground)
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
        seconds = time.monotonic() - began
        found = _found(connection)
        right = acknowledged <= found["small"] <= acknowledged + 1 and found["by_index"] == found["big"]
        # A commit may be durable and its answer lost; one that was answered may not be lost.
        right = right and found["big"] in ({ground.rows} if done.is_set() else {0, ground.rows})
        connection.execute("TRUNCATE big")
        connection.execute(_INSERT.encode(), (ground.rows,))
        connection.commit()
        right = right and _found(connection)["big"] == ground.rows
    stopped(tree)
    if stranger:
        right = right and stranger.poll() is None
        stranger.kill()
        stranger.wait()
    right = right and ground.server.status() is ServerState.STOPPED
    return seconds, found | {"acknowledged": acknowledged, "told": int(done.is_set())}, right


def _insert(url: str, rows: int, done: threading.Event) -> None:
    with suppress(psycopg.OperationalError), psycopg.connect(url) as connection:
        connection.execute(_INSERT.encode(), (rows,))
        connection.commit()
        done.set()


def _commit_until(url: str, until: float) -> int:
    acknowledged = 0
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < until:
            connection.execute("INSERT INTO small VALUES (%s)", (acknowledged + 1,))
            acknowledged += 1
    return acknowledged


def _kill(ground: Ground, tree: subprocess.Popen[str]) -> None:
    """Send SIGKILL to the tree, its children and every process of the server, and wait until all are gone."""
    server = ground.server
    family = [tree.pid, *_children(tree.pid), *members(server.cluster, uid=server.programs.user.uid)]
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    tree.wait()
    assert tree.stdout is not None
    tree.stdout.close()
    while members(server.cluster, uid=server.programs.user.uid):
        time.sleep(0.01)


def _children(pid: int) -> list[int]:
    said = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in said.split()]


def _reuse_pid(ground: Ground) -> subprocess.Popen[bytes]:
    """Let the pid file of the killed server name a live process of the server's own user."""
    server = ground.server
    user = server.programs.user
    switch = user.uid if os.geteuid() == 0 else None
    stranger = subprocess.Popen(["postgres", "3600"], executable=shutil.which("sleep"), user=switch)
    while command(stranger.pid)[:1] != ["postgres"]:
        time.sleep(0.01)
    path = server.cluster / "postmaster.pid"
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(f"{stranger.pid}\n{rest}", encoding="utf-8")
    left = PidFile.read(server.cluster)
    assert first.isdigit()
    assert left is not None
    assert left.pid == stranger.pid
    return stranger


def _found(connection: psycopg.Connection) -> dict[str, int]:
    found = {}
    asked = {
        "small": ("on", "SELECT count(*) FROM small"),
        "big": ("off", "SELECT count(*) FROM big"),
        "by_index": ("on", "SELECT count(*) FROM big WHERE id > 0"),
    }
    for name, (index, query) in asked.items():
        connection.execute(f"SET enable_indexscan = {index}".encode())
        connection.execute(f"SET enable_indexonlyscan = {index}".encode())
        connection.execute(f"SET enable_seqscan = {'off' if index == 'on' else 'on'}".encode())
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        found[name] = int(row[0])
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Run the seeds of a set; 1 if one of them found something wrong."""
    made = parser(__doc__)
    made.add_argument("--rows", type=int, help="rows of the large insert")
    options = made.parse_args(words)
    wanted = case_set("supervisor", options.set)
    rows, seeds = options.rows or int(wanted["rows"]), options.seeds or int(wanted["seeds"])
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        ground = prepared(Path(name).resolve(), rows=rows)
        if not options.json:
            print(f"{rows:,} rows inserted in {ground.insert_s:.1f} s undisturbed")
        for seed in range(1, seeds + 1):
            seconds, found, right = one_kill(ground, seed=seed)
            wrong += not right
            case = "reused-pid" if seed % 2 == 0 else "kill"
            if options.json:
                told: dict[str, Any] = {
                    "rows": rows,
                    "insert_s": round(ground.insert_s, 2),
                    "limit_s": PATIENCE_S,
                    **found,
                }
                print(
                    line(
                        bench="supervisor", case=case, seed=seed, seconds=seconds, value=round(seconds, 3),
                        reference=None, feasible=right, **told,
                    ),
                    flush=True,
                )  # fmt: skip
            else:
                verdict = "right" if right else "WRONG"
                print(f"seed {seed:3}  {case:10}  answers after {seconds:6.2f} s  {verdict}  {found}", flush=True)
    if not options.json:
        print(f"{seeds} kills, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
