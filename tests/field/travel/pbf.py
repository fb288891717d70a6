"""A writer of tiny OpenStreetMap extracts, from the published definition of the format (wiki: PBF Format)."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

Node = tuple[int, float, float]
Way = tuple[int, Sequence[int], Mapping[str, str]]


def write_extract(path: Path, *, nodes: Sequence[Node], ways: Sequence[Way]) -> Path:
    """Write nodes (id, latitude, longitude) and ways (id, nodes, tags)."""
    words = [""]
    for _, _, tags in ways:
        words += [one for pair in tags.items() for one in pair if one not in words]
    table = b"".join(_field(1, word.encode()) for word in words)
    dense = _field(1, _deltas([one[0] for one in nodes]))
    dense += _field(8, _deltas([round(one[1] * 1e7) for one in nodes]))
    dense += _field(9, _deltas([round(one[2] * 1e7) for one in nodes]))
    group = _field(2, dense)
    rows = b""
    for number, refs, tags in ways:
        way = _number(1, number)
        way += _field(2, b"".join(_varint(words.index(key)) for key in tags))
        way += _field(3, b"".join(_varint(words.index(value)) for value in tags.values()))
        way += _field(8, _deltas(refs))
        rows += _field(3, way)
    block = _field(1, table) + _field(2, group) + _field(2, rows)
    header = _field(4, b"OsmSchema-V0.6") + _field(4, b"DenseNodes")
    path.write_bytes(_blob(b"OSMHeader", header) + _blob(b"OSMData", block))
    return path


def _blob(kind: bytes, data: bytes) -> bytes:
    blob = _number(2, len(data)) + _field(3, zlib.compress(data))
    head = _field(1, kind) + _number(3, len(blob))
    return len(head).to_bytes(4, "big") + head + blob


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _deltas(values: Sequence[int]) -> bytes:
    steps = [b - a for a, b in zip([0, *values[:-1]], values, strict=True)]
    return b"".join(_varint(step << 1 if step >= 0 else (-step << 1) - 1) for step in steps)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)
