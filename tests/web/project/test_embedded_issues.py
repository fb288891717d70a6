"""What can be wrong with an embedded server is an issue with a way out, never a traceback."""

from __future__ import annotations

import os
import pwd
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.web import servers
from troth.core import InputError
from troth.web.project import _postgres

ROOT = os.geteuid() == 0


def test_data_of_another_release_is_an_issue(place: Path) -> None:
    """Another major version's files are left alone, with the way out named."""
    server = servers.server_in(place / "data")
    with server:
        pass
    (server.cluster / "PG_VERSION").write_text("17\n", encoding="ascii")
    with pytest.raises(InputError) as caught:
        server.start()
    assert [issue.code for issue in caught.value.issues] == ["database-version"]
    (server.cluster / "PG_VERSION").write_text("18\n", encoding="ascii")


def test_data_of_another_user_is_an_issue(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database made as root is not touched when somebody else starts Troth on it, and the reverse."""
    server = servers.server_in(place / "data")
    with server:
        pass
    user = server.programs.user
    stranger = servers.server_in(place / "data")
    stranger.programs = _postgres.Programs(server.programs.bin, _postgres.Account(user.uid + 1, user.gid))
    with pytest.raises(InputError) as caught:
        stranger.start()
    assert [issue.code for issue in caught.value.issues] == ["database-owner"]
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(InputError) as caught:
            stranger.start()
    assert [issue.code for issue in caught.value.issues] == ["database-owner"]


def test_lost_passwords_are_an_issue(place: Path) -> None:
    """A database whose passwords were left behind is not given new ones that do not fit."""
    server = servers.server_in(place / "data")
    with server:
        pass
    shutil.rmtree(place / "data" / "private")
    with pytest.raises(InputError) as caught:
        server.start()
    assert [issue.code for issue in caught.value.issues] == ["database-password"]


def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    """The issue holds the server's own words."""
    server = servers.server_in(place / "data")
    with server:
        pass
    with (server.cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(InputError, match="no_such_setting"):
        server.start()


def test_a_folder_that_settings_cannot_name_is_an_issue(place: Path) -> None:
    """A quote in the path is refused before anything is made."""
    with pytest.raises(InputError) as caught:
        servers.server_in(place / 'a"b').start()
    assert caught.value.issues[0].code == "database-folder"
    assert list(place.glob("a*")) == []


def test_a_closed_folder_on_the_way_is_named(tmp_path: Path) -> None:
    """Who may not pass a folder is told which one, and its permissions stay."""
    closed = tmp_path / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    owner, other = _postgres.Account(os.getuid(), os.getgid()), _postgres.Account(os.getuid() + 7, os.getgid() + 7)
    tops = [*tmp_path.parents, tmp_path]
    assert _postgres.closed_folder(closed / "data", user=owner) is None
    assert _postgres.closed_folder(closed / "data", user=other) in [*tops, closed]
    if ROOT:
        with pytest.raises(InputError) as caught:
            servers.server_in(closed / "data").start()
        assert caught.value.issues[0].code == "database-folder-closed"
        assert list((closed / "data").iterdir()) == []
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_user_that_cannot_be_made_is_an_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root without the dedicated user and without useradd gets advice, not a traceback."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(_postgres, "USER", "troth-nobody-here")
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(InputError) as caught:
        _postgres.account()
    assert caught.value.issues[0].code == "database-user"
    assert "Maybe" in caught.value.issues[0].advice


#: Does as the real one: looks for the name before it waits for the list, and then puts its own number there.
_USERADD = """#!/bin/sh
cd "$(dirname "$0")"
test -e user && exit 9
if mkdir list 2>/dev/null; then sleep 0.1; else sleep 0.6; fi
echo $$ > user
"""


def test_two_who_make_the_user_at_once_go_on_with_one_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two first starts at the same instant: both know the number that is in the list afterwards."""
    (tmp_path / "useradd").write_text(_USERADD, encoding="ascii")
    (tmp_path / "useradd").chmod(0o755)
    start, listed = threading.Barrier(2), tmp_path / "user"

    def known(name: str) -> pwd.struct_passwd:
        if not listed.exists():
            raise KeyError(name)
        return pwd.struct_passwd((name, "x", int(listed.read_text()), 999, "", "/nonexistent", "/usr/sbin/nologin"))

    def begin() -> int:
        start.wait(10)
        return _postgres.account().uid

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", known)
    monkeypatch.setattr(_postgres, "LOCK", tmp_path / "lock")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with ThreadPoolExecutor(2) as both:
        found = {one.result(20) for one in [both.submit(begin) for _ in range(2)]}
    assert found == {int(listed.read_text())}
    assert (tmp_path / "lock").stat().st_mode & 0o077 == 0


def test_a_user_without_a_name_is_an_issue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some containers run as a number that no list of users knows, which PostgreSQL refuses."""
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_123)
    with pytest.raises(InputError) as caught:
        _postgres.account()
    assert caught.value.issues[0].code == "database-user"
