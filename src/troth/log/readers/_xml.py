"""XML from strangers: read a piece at a time, without entities, network or document types; and text XML forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.log.readers._open import Opened

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPE = "\N{SYMBOL FOR ESCAPE}"
_ESCAPED = re.compile(f"{_ESCAPE}(?:{_ESCAPE}|([0-9a-f]+);)")


def escape(text: str) -> str:
    """Return text that XML can carry: a forbidden character becomes ``␛1f;``, and ``␛`` itself is doubled."""
    doubled = text.replace(_ESCAPE, _ESCAPE * 2)
    return _FORBIDDEN.sub(lambda m: f"{_ESCAPE}{ord(m[0]):x};", doubled)


def unescape(text: str) -> str:
    """Undo `escape`."""
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPE, text)


def printable(text: str) -> str:
    """Return text with the characters that XML forbids replaced by a question mark; for people, not for the way back."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def local(element: Any) -> str:
    """Return an element's name without its namespace; comments and the like have none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


class _Source:
    """What lxml reads from: the part, a piece already read first."""

    def __init__(self, part: Opened, head: bytes) -> None:
        self.part = part
        self.head = head

    def read(self, size: int = -1) -> bytes:
        if self.head:
            piece, self.head = self.head[:size], self.head[size:]
            return piece
        return self.part.read(size)


def elements(part: Opened, head: bytes, *, root: str, issues: list[Issue]) -> Iterator[tuple[str, Any]]:
    """Yield ("start" or "end", element) of a document; where it breaks, add an issue and end.

    Parameters
    ----------
    part : where to read on.
    head : its first bytes.
    root : local name the document element must have.
    issues : where a break is told.

    Raises
    ------
    InputError
        If it has a document type (entities could grow without bound), or is no such document at all.
    """
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise _refused(part)
    begun = False
    try:
        context = etree.iterparse(
            _Source(part, head),
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in context:
            if not begun:
                if element.getroottree().docinfo.doctype:
                    raise _refused(part)
                if local(element) != root:
                    advice = f"Maybe this is another kind of file: its document element should be <{root}>."
                    raise InputError([Issue("other-format", Severity.ERROR, part.name, f"<{local(element)}>", advice)])
                begun = True
            yield event, element
    except etree.XMLSyntaxError as error:
        if not begun:
            advice = "Maybe this is another kind of file, or it was cut at its beginning."
            raise InputError([Issue("other-format", Severity.ERROR, part.name, str(error)[:200], advice)]) from error
        if not part.issues:
            advice = "Maybe the file was cut or edited by hand; what came before was used."
            issues.append(
                Issue("bad-xml", Severity.ERROR, f"{part.name} line {error.lineno}", str(error)[:200], advice)
            )
    issues.extend(part.issues)


def _refused(part: Opened) -> InputError:
    advice = "Maybe remove the document type: logs need none, and entities can fill the memory."
    return InputError([Issue("document-type", Severity.ERROR, part.name, "<!DOCTYPE", advice)])


def forget(element: Any) -> None:
    """Free an element that was dealt with, and the empty shell of the one before it."""
    element.clear()
    before = element.getprevious()
    if before is not None and before.tag == element.tag:
        element.getparent().remove(before)
