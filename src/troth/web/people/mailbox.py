"""The folder of letters where no mail server is named: those to somebody are handed out, forgotten, and old ones go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Final

from django.conf import settings

_HEADINGS: Final = ("to", "cc", "bcc")
#: What Django writes after each letter: those sent within one second may share a file.
_BREAK: Final = b"\n" + b"-" * 79 + b"\n"


def letters_to(addresses: Iterable[str]) -> list[dict[str, str]]:
    """Return the letters to any of some addresses: when, about what, and their text."""
    wanted = _wanted(addresses)
    return [
        {"at": str(letter["date"]), "subject": str(letter["subject"]), "text": _text(letter)}
        for path in (_files() if wanted else ())
        for letter in map(_read, _parts(path))
        if wanted & _to(letter)
    ]


def forget_letters(addresses: Iterable[str]) -> int:
    """Remove the letters to any of some addresses; return how many."""
    wanted, done = _wanted(addresses), 0
    for path in _files() if wanted else ():
        parts = _parts(path)
        others = [part for part in parts if not wanted & _to(_read(part))]
        if len(others) == len(parts):
            continue
        done += len(parts) - len(others)
        if others:
            fresh = path.with_suffix(".new")
            fresh.write_bytes(b"".join(part + _BREAK for part in others))
            fresh.replace(path)
        else:
            path.unlink(missing_ok=True)
    return done


def remove_letters(*, before: datetime) -> int:
    """Remove the files of letters written before an instant; return how many."""
    old = [path for path in _files() if path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _files() -> Iterator[Path]:
    yield from sorted(Path(settings.EMAIL_FILE_PATH).glob("*.log"))


def _parts(path: Path) -> list[bytes]:
    return [part for part in path.read_bytes().split(_BREAK) if part.strip()]


def _read(part: bytes) -> EmailMessage:
    return message_from_bytes(part.lstrip(), policy=policy.default)


def _wanted(addresses: Iterable[str]) -> set[str]:
    return {one.lower() for one in addresses if one}


def _to(letter: EmailMessage) -> set[str]:
    """Return the addresses a letter goes to, in small letters."""
    told = [str(value) for name in _HEADINGS for value in letter.get_all(name, [])]
    return {address.lower() for _name, address in getaddresses(told)}


def _text(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
