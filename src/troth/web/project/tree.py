"""One process tree: starts named processes in order, keeps them running, stops them in the opposite order.

Each process writes into a log file of its own, so nothing is lost and nobody waits when the tree itself is killed. A
killed tree leaves no orphan: the system tells every process that its parent died (Linux, ``PR_SET_PDEATHSIG``), and a
guard ends those that do not listen.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from troth.core import InputError, Issue
from troth.core.decision import Severity
from troth.web.project import tree_guard as guard
from troth.web.project.tree_log import LogFile

_TICK_S = 0.2
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
#: A process that ran this long is no longer failing; its next crash is a first one.
_STEADY_S = 60.0
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Child:
    """One process of the tree.

    Parameters
    ----------
    name : shown before its lines, and the name of its log file.
    command : program and arguments.
    environment : set on top of the tree's own.
    ready : asked until it says True; only then the next group starts. None: ready at once.
    ready_s : after so many seconds without it the start has failed.
    patience_s : how long it may take to stop before it is killed.
    again : start it again when it ends; otherwise an end with status 0 is an end.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    ready_s: float = 60.0
    patience_s: float = 15.0
    again: bool = True


class _Running:
    """A child at work: its process, its log, and when it may be started again."""

    def __init__(self, child: Child, log: LogFile) -> None:
        self.child, self.log = child, log
        self.process: subprocess.Popen[bytes] | None = None
        self.done = False
        self.pause_s = _FIRST_PAUSE_S
        self.since = self.due = time.monotonic()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def postpone(self) -> None:
        """Let the next start wait, each time twice as long."""
        self.due = time.monotonic() + self.pause_s
        self.pause_s = min(2 * self.pause_s, _LONGEST_PAUSE_S)


class Tree:
    """A supervisor of groups of processes.

    Parameters
    ----------
    groups : started first to last, each when the one before is ready; stopped last to first.
    logs : the folder of the log files, one per child.
    say : where the children's lines and the tree's own go as well, each with the name in front; None keeps silent.

    Examples
    --------
    >>> tree = Tree([[Child("database", ...)], [Child("worker", ...)], [Child("web", ...)]], logs=Path("log"))  # doctest: +SKIP
    >>> tree.run(on_ready=lambda: print("open http://127.0.0.1:8000"))  # doctest: +SKIP
    """

    def __init__(
        self, groups: Sequence[Sequence[Child]], *, logs: Path, say: Callable[[str], None] | None = None
    ) -> None:
        self._say = say
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._groups = [[_Running(child, LogFile(logs / f"{child.name}.log")) for child in group] for group in groups]
        self._guard: guard.Guard | None = None
        self._asked = False

    def run(self, *, on_ready: Callable[[], None] | None = None) -> int:
        """Start, keep running until SIGTERM, SIGINT or SIGHUP, stop; return 0.

        To be called by the main thread: a process whose starting thread ends would take it for the tree's death.

        Raises
        ------
        InputError
            ``process-not-ready``: a child did not get ready; everything is stopped again.
        """
        with self._listening() as wake:
            try:
                self.start(wake=wake)
                if on_ready and not self._asked:
                    on_ready()
                while not self._asked:
                    self._tick(wake)
            finally:
                self.stop()
        return 0

    def start(self, *, wake: int | None = None) -> None:
        """Start all groups in order; `wake` is a descriptor that ends a wait early."""
        self._guard = guard.Guard()
        for group in self._groups:
            for running in group:
                self._launch(running)
            for running in group:
                self._await(running, wake)

    def watch(self, until: Callable[[], bool]) -> None:
        """Keep the processes running until `until` says True, asked several times a second."""
        while not until():
            self._tick(None)

    def stop(self) -> None:
        """Stop all groups, the last first; a process that outstays its patience is killed with all it started."""
        for group in reversed(self._groups):
            alive = [running for running in group if running.process is not None]
            for running in alive:
                running.done = True
                if running.alive:
                    self._tell(running, "stopping")
                    _signal(running, signal.SIGTERM)
            for running in alive:
                self._end(running)
        if self._guard:
            self._guard.dismiss()
            self._guard = None

    def pid(self, name: str) -> int | None:
        """Return the process id of a child, or None while it does not run."""
        for running in self._all():
            if running.child.name == name and running.process is not None and running.alive:
                return running.process.pid
        return None

    def _all(self) -> Iterator[_Running]:
        return (running for group in self._groups for running in group)

    def _launch(self, running: _Running) -> None:
        child = running.child
        running.since = time.monotonic()
        try:
            with running.log.path.open("ab") as output:
                running.process = subprocess.Popen(  # noqa: S603  # the caller's own commands, never through a shell
                    list(child.command),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **child.environment},
                    process_group=0,  # Ctrl-C reaches the tree alone, which stops in order
                    preexec_fn=guard.tie(os.getpid()),  # noqa: PLW1509  # one system call, made ready before the fork
                )
        except OSError as error:
            self._tell(running, f"cannot be started: {error}")
            running.process = None
            running.postpone()
            return
        if self._guard:
            self._guard.watch(running.process.pid, patience_s=child.patience_s)

    def _await(self, running: _Running, wake: int | None) -> None:
        child = running.child
        until = time.monotonic() + child.ready_s
        while not self._asked and child.ready is not None and not child.ready():
            if time.monotonic() > until:
                last = running.log.tail()
                self.stop()
                advice = f"Maybe {running.log.path} says more."
                raise InputError([Issue("process-not-ready", Severity.ERROR, child.name, last, advice)])
            self._tick(wake, wait_s=0.05)

    def _tick(self, wake: int | None, *, wait_s: float = _TICK_S) -> None:
        """Wait a moment, pass on new lines, and start again what has ended."""
        if wake is None:
            time.sleep(wait_s)
        elif select.select([wake], [], [], wait_s)[0]:
            os.read(wake, 4096)
        for running in self._all():
            self._pass_on(running)
            if not self._asked and not running.done and not running.alive:
                self._revive(running)

    def _revive(self, running: _Running) -> None:
        """Start an ended child again, later each time it ends soon."""
        now = time.monotonic()
        if running.process is not None:
            status = running.process.returncode
            if status == 0 and not running.child.again:
                running.done = True
                return
            if now - running.since > _STEADY_S:
                running.pause_s = _FIRST_PAUSE_S
            running.postpone()
            self._tell(running, f"ended with status {status}, starts again in {running.due - now:.1f} s")
            self._forget(running)
        elif running.due <= now and running.since < running.due:
            self._launch(running)

    def _end(self, running: _Running) -> None:
        """Wait for a stopping child, kill it after its patience, and whatever is left of its group."""
        process, until = running.process, time.monotonic() + running.child.patience_s
        assert process is not None
        while running.alive and time.monotonic() < until:
            self._pass_on(running)
            time.sleep(0.02)
        if running.alive:
            self._tell(running, f"does not stop within {running.child.patience_s:.0f} s, killed")
        self._forget(running)
        self._pass_on(running)

    def _forget(self, running: _Running) -> None:
        """Take what is left of a child's group away."""
        _signal(running, signal.SIGKILL)
        if running.process is not None:
            running.process.wait()
            if self._guard:
                self._guard.forget(running.process.pid)
        running.process = None

    def _pass_on(self, running: _Running) -> None:
        for line in running.log.news():
            if self._say:
                try:
                    self._say(f"{running.child.name}: {line}")
                except OSError:  # the terminal is gone or a pipe was closed: the log files still have it all
                    self._say = None

    def _tell(self, running: _Running, text: str) -> None:
        running.log.add(f"[tree] {text}")
        self._pass_on(running)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[int]:
        """Turn signals to stop, and the end of a child, into bytes that end a wait."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        old_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        old = {one: signal.signal(one, self._ask) for one in _STOPS}
        old[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            yield reader
        finally:
            for one, handler in old.items():
                signal.signal(one, handler)
            signal.set_wakeup_fd(old_fd)
            os.close(reader)
            os.close(writer)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True


def _signal(running: _Running, number: signal.Signals) -> None:
    """Send a stop to the child alone, which stops its own; a kill to its whole group."""
    if running.process is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL:
            os.killpg(running.process.pid, number)
        else:
            running.process.send_signal(number)
