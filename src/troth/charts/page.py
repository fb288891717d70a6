"""One self-contained HTML page: its shell, tables and charts. Nothing is fetched, nothing unescaped gets in.

Text from a lake is hostile input: everything goes through `text`, and the page's own policy (a Content-Security-Policy
that knows its scripts by hash) runs no other script and opens no connection even if something slipped through.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from troth.charts.template import CONFIG, swaps
from troth.charts.tokens import css


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    shown : what people read; escaped.
    sort : what sorting goes by; the text if None.
    title : shown on hover, such as the exact value.
    figure : whether it is a figure, which stands to the right.
    html : markup to put in place of `shown`; made by our own code only.
    kind : class of the cell, by which a narrow page arranges it.
    """

    shown: str
    sort: float | str | None = None
    title: str = ""
    figure: bool = False
    html: str = ""
    kind: str = ""


def text(value: object) -> str:
    """Return anything as text that is safe in HTML and in attributes.

    Examples
    --------
    >>> text('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    # Control characters and bidirectional overrides could hide or reorder what is read.
    shown = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(value))
    return escape(shown, quote=True)


def script_json(value: Any) -> str:
    r"""Return JSON that is safe inside a script element.

    Examples
    --------
    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    raw = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return raw.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def table(
    heads: Sequence[str],
    *,
    rows: Sequence[Sequence[Cell]],
    caption: str,
    name: str = "",
    sortable: bool = True,
    groups: Sequence[str] = (),
    tags: Sequence[str] = (),
) -> str:
    """Return a table with a caption; sortable by its heads, and copied as CSV as it is shown.

    Parameters
    ----------
    heads : one for each column.
    rows : cells, as many as heads.
    caption : what the table is, for everybody who cannot see what stands around it.
    name : of the file of an export.
    sortable : whether it gets buttons at all.
    groups : the group of each row; a row that begins a group gets a heading, which sorting takes away.
    tags : words of each row that buttons of the page can narrow it to.
    """
    right = [any(row[i].figure for row in rows) for i in range(len(heads))]
    head = "".join(
        f'<th scope="col"{" class=num" if r else ""}>{_head(h) if sortable and h else text(h)}</th>'
        for h, r in zip(heads, right, strict=True)
    )
    body = ""
    for place, row in enumerate(rows):
        if groups and (place == 0 or groups[place] != groups[place - 1]):
            body += f'<tr class="group" data-group><th scope="rowgroup" colspan="{len(heads)}">{text(groups[place])}</th></tr>'
        tag = f' data-tags="{text(tags[place])}"' if tags else ""
        cells = "".join(_cell(c, h, first=i == 0) for i, (c, h) in enumerate(zip(row, heads, strict=True)))
        body += f"<tr{tag}>{cells}</tr>"
    mark = f' data-name="{text(name)}"' if name else ""
    tools = '<button type="button" class="quiet" data-copy>Copy as CSV</button>' if sortable else ""
    return (
        f'<div class="tablebox">{tools}<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table{mark}>'
        f"<caption>{text(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )


def _head(words: str) -> str:
    return f'<button type="button" data-sort>{text(words)}</button>'


def _cell(cell: Cell, head: str, *, first: bool) -> str:
    tag = 'th scope="row"' if first else "td"
    end = "th" if first else "td"
    marks = f' data-label="{text(head)}"'
    classes = " ".join(part for part in ("num" if cell.figure else "", cell.kind) if part)
    marks += f' class="{classes}"' if classes else ""
    marks += f' data-v="{text(cell.sort)}"' if cell.sort is not None else ""
    marks += f' title="{text(cell.title)}"' if cell.title else ""
    return f"<{tag}{marks}>{cell.html or text(cell.shown)}</{end}>"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart on a page: a Plotly figure, what it says in words, and its numbers.

    Parameters
    ----------
    figure : a `plotly.graph_objects.Figure` drawn with the template.
    title : heading above it.
    summary : one sentence that says what the chart shows; read out in its place.
    table : its numbers as HTML from `table`; empty if they stand elsewhere.
    note : markup of our own under the title.
    """

    figure: Any
    title: str
    summary: str
    table: str = ""
    note: str = ""


def chart(shown: Chart) -> str:
    """Return a chart as a figure element with its text summary and its numbers behind a disclosure."""
    spec = json.loads(shown.figure.to_json())
    height = int(spec["layout"].get("height") or 200)
    numbers = f"<details><summary>Numbers</summary>{shown.table}</details>" if shown.table else ""
    return (
        f'<figure class="card chart"><figcaption><h3>{text(shown.title)}</h3>{shown.note}'
        f'<p class="sum">{text(shown.summary)}</p></figcaption>'
        f'<div class="plot" role="img" aria-label="{text(shown.summary)}" style="height:{height}px">'
        f'<script type="application/json">{script_json(spec)}</script></div>{numbers}</figure>'
    )


def page(body: str, *, title: str, charts: bool = True) -> str:
    """Return a whole page around its body.

    Parameters
    ----------
    body : markup of our own, in which everything foreign went through `text`.
    title : plain words.
    charts : whether Plotly is needed; it is most of the page's size.
    """
    scripts = [_asset("page.js").replace("__SWAPS__", script_json(swaps())).replace("__CONFIG__", script_json(CONFIG))]
    if charts:
        scripts.insert(0, _plotly())
    hashes = " ".join(f"'sha256-{_sha(s)}'" for s in scripts)
    policy = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    inline = "".join(f"<script>{s}</script>" for s in scripts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        f"<title>{text(title)}</title><style>{css()}{_asset('page.css')}</style></head>"
        f"<body>{body}{inline}</body></html>\n"
    )


def _sha(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return files("troth.charts").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    """Return Plotly's script from its wheel."""
    import plotly.offline

    return str(plotly.offline.get_plotlyjs())
