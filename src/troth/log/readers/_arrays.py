"""Quick looks at whole columns of text through their buffers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bytes = npt.NDArray[np.uint8]


def table_of(*codes: int) -> npt.NDArray[np.bool_]:
    """Return for each byte whether it is one of `codes`."""
    found = np.zeros(256, bool)
    found[list(codes)] = True
    return found


# Blanks of other alphabets begin with 194, 225, 226 or 227 in UTF-8; nothing else needs a closer look.
_EDGE: Final = table_of(*range(33), 194, 225, 226, 227)
_SIGN, _COLON, _LETTER = table_of(43, 45), table_of(58), table_of(*b"ZzCT")
_DIGIT: Final = table_of(*range(48, 58))


def numbers(table: pa.Table, name: str, kind: Any) -> npt.NDArray[Any]:
    """Return a column as numbers, 0 for null."""
    column = table.column(name)
    filled = column.fill_null(False) if pa.types.is_boolean(column.type) else column.fill_null(0)
    return np.array(filled.to_numpy(), kind)


def nulls(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return where a column is null."""
    if not column.null_count:
        return np.zeros(len(column), bool)
    return np.asarray(column.is_null())


def _parts(column: pa.Array) -> tuple[npt.NDArray[np.int32], Bytes]:
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return ends, np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)


def clean(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts without blanks around them, and null for those that are nothing else."""
    if not pa.types.is_string(column.type):
        return column
    return pa.chunked_array([_trimmed(chunk) for chunk in column.chunks], pa.string())


def _trimmed(chunk: pa.Array) -> pa.Array:
    if len(chunk) == chunk.null_count:
        return chunk
    ends, data = _parts(chunk)
    empty = len(chunk) - chunk.null_count > np.count_nonzero(ends[1:] > ends[:-1])
    first, last = data[np.minimum(ends[:-1], len(data) - 1)], data[np.maximum(ends[1:] - 1, 0)]
    if not (empty or _EDGE[first].any() or _EDGE[last].any()):
        return chunk
    text = pc.utf8_trim_whitespace(chunk)
    return pc.if_else(pc.not_equal(text, ""), text, pa.scalar(None, pa.string()))


def offsets_of(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    """Return the offsets from UTC that times end in, in minutes, and how long those endings are; None if there are none.

    An ending is Z, UTC, GMT, +HH:MM, +HHMM, or +HH after minutes; a length of 0 means none.
    """
    minutes, lengths = [], []
    for chunk in column.chunks:
        ends, data = _parts(chunk)
        stop, size = ends[1:].astype(np.int64), np.diff(ends)

        def byte(back: int, stop: npt.NDArray[np.int64] = stop, data: Bytes = data) -> Bytes:
            return data[np.maximum(stop - back, 0)]

        length = np.where(_LETTER[byte(1)] & (size > 10), 1, 0)
        length[(length == 1) & (byte(1) >= 67) & (byte(1) <= 84)] = 3
        three = length == 3
        if three.any():
            real = (byte(3) == 85) & (byte(2) == 84) & (byte(1) == 67) | (byte(3) == 71) & (byte(2) == 77) & (
                byte(1) == 84
            )
            length[three & ~real] = 0
        last = _DIGIT[byte(1)] & _DIGIT[byte(2)]
        length[last & _SIGN[byte(6)] & _COLON[byte(3)] & (size > 11)] = 6
        length[last & _SIGN[byte(5)] & _DIGIT[byte(3)] & _DIGIT[byte(4)] & (size > 14)] = 5
        length[last & _SIGN[byte(3)] & _DIGIT[byte(4)] & (_COLON[byte(6)] | (size > 22)) & (size > 13)] = 3
        hours = np.zeros(len(length), np.int64)
        signed = _SIGN[data[np.maximum(stop - np.maximum(length, 1), 0)]] & (length > 0)
        if signed.any():
            lead = np.maximum(stop - length, 0)
            digits = [data[np.minimum(lead + k, len(data) - 1)].astype(np.int64) - 48 for k in range(6)]
            rest = np.where(
                length == 6, 10 * digits[4] + digits[5], np.where(length == 5, 10 * digits[3] + digits[4], 0)
            )
            total = 60 * (10 * digits[1] + digits[2]) + rest
            hours = np.where(signed, np.where(data[lead] == 45, -total, total), 0)
        minutes.append(hours)
        lengths.append(length.astype(np.int64))
    found = np.concatenate(lengths) if lengths else np.zeros(0, np.int64)
    found[nulls(column)] = 0
    if not found.any():
        return None
    return np.where(found > 0, np.concatenate(minutes), 0), found
