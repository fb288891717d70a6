"""JSON read one value at a time: memory is bounded by the largest value, not by the file."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from troth.log.readers._open import Opened

#: No single value is longer than this many characters.
VALUE_LIMIT = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_SPACE = " \t\r\n"


class BrokenError(Exception):
    """The text is no JSON from here on."""


class Cursor:
    """A place in a JSON text that is read as it is needed."""

    def __init__(self, part: Opened, head: bytes) -> None:
        self._part = part
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._text = self._decode(head)
        self._at = 0
        self._ended = False
        self._json = json.JSONDecoder()

    def _more(self, size: int = _CHUNK) -> bool:
        if self._ended:
            return False
        piece = self._part.read(size)
        self._ended = not piece
        self._text = self._text[self._at :] + self._decode(piece, self._ended)
        self._at = 0
        return not self._ended

    def peek(self) -> str:
        """Return the next character that is no space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Step over one of the wanted characters and return it."""
        found = self.peek()
        if not found or found not in wanted:
            raise BrokenError(f"{found or 'end of file'!r} where one of {wanted!r} belongs")
        self._at += 1
        return found

    def value(self) -> Any:
        """Return the next value as a whole."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                found, end = self._json.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise BrokenError("nested too deep") from error
            except ValueError as error:
                if len(self._text) - self._at > VALUE_LIMIT or not self._more(size):
                    raise BrokenError(str(error)) from error
                size *= 2
                continue
            # A number at the very end of what was read may go on.
            if end < len(self._text) or not self._more(size):
                self._at = end
                return found

    def elements(self) -> Iterator[Any]:
        """Yield the elements of the list that comes next."""
        self.take("[")
        while self.peek() != "]":
            yield self.value()
            if self.peek() != "]":
                self.take(",")
        self.take("]")

    def records(self, lists: frozenset[str]) -> Iterator[Any]:
        """Yield the records of all values that follow: lists opened, and objects that only wrap one of `lists`."""
        while self.peek():
            yield from self._records(lists)
            if self.peek() == ",":
                self.take(",")

    def _records(self, lists: frozenset[str]) -> Iterator[Any]:
        if self.peek() == "[":
            yield from self.elements()
            return
        if self.peek() != "{":
            yield self.value()
            return
        self.take("{")
        plain: dict[str, Any] = {}
        wraps = False
        while self.peek() != "}":
            key = self.value()
            self.take(":")
            if key in lists and self.peek() in {"[", "{"}:
                wraps = True
                yield from self._records(lists)
            else:
                plain[str(key)] = self.value()
            if self.peek() != "}":
                self.take(",")
        self.take("}")
        if not wraps:
            yield plain
