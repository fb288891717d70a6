"""Raw texts of imported rows that could not be taken: found for whom they name, dropped when they are old."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.urls import reverse

from tests.web import cast
from troth.log.lake import Lake
from troth.log.rejects import read_rejects
from troth.log.schema import REJECTS
from troth.web.people.bridge import rejects_naming
from troth.web.people.retention import enforce


def _kept(lake: Path, number: int, raw: str, *, at: datetime) -> None:
    row = {"file": "a.csv", "row": number, "code": "bad-time", "column": "at", "value": raw[:5], "advice": "Maybe not.",
           "raw": raw, "imported_at": at}  # fmt: skip
    Lake(lake).rejects.append(pa.Table.from_pylist([row], schema=REJECTS), batch=("test", number))


def test_what_names_a_customer_is_handed_out_and_old_texts_go(company: cast.Company, lake: Path, settings: Any) -> None:
    """By name, address or number, in whatever letters; what others are called is not; that a row was refused stays."""
    settings.LAKE = lake
    assert rejects_naming(lake, words=["Kaz"]) == []
    _kept(lake, 1, "x;KAZ@example.com;never", at=cast.NOW - timedelta(days=91))
    _kept(lake, 2, "y;+37060000002;never", at=cast.NOW - timedelta(days=89))
    _kept(lake, 3, "z;ona@example.com;never", at=cast.NOW)
    known = json.loads(
        cast.signed_in(company.ada).get(reverse("customer_data", args=[company.kaz.pseudonym, "json"])).content
    )
    assert [row["raw"][0] for row in known["rejects"]] == ["x", "y"]
    assert enforce(now=cast.NOW)["rejects"] == 1
    rows = read_rejects(Lake(lake)).to_pylist()
    assert {row["row"]: row["raw"] is None for row in rows} == {1: True, 2: False, 3: False}
    assert {row["code"] for row in rows} == {"bad-time"}
