"""Figures of Plotly on a page: the figure as data, drawn by a script of ours, with Plotly's own script from its wheel.

Nothing stands inline that a browser would run, and nobody loads Plotly on pages that draw nothing.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


def version() -> str:
    """Return the version of Plotly, part of its script's address so that browsers may keep it for ever."""
    return importlib.metadata.version("plotly")


def plot(figure: Any, *, summary: str, swaps: Mapping[str, str]) -> SafeString:
    """Return a figure as markup.

    Parameters
    ----------
    figure : a `plotly.graph_objects.Figure` with a height.
    summary : what it shows, in a sentence; read out in its place.
    swaps : what each colour becomes in the dark.
    """
    told = json.dumps({"figure": json.loads(figure.to_json()), "swaps": dict(swaps)}, separators=(",", ":"))
    safe = told.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    data = mark_safe(f'<script type="application/json">{safe}</script>')  # noqa: S308  nothing can close the element
    return format_html('<div class="plot" data-plot role="img" aria-label="{}">{}</div>', summary, data)


def plotting() -> SafeString:
    """Return what the head of a page with figures needs: scripts, and styles in place of those Plotly would write.

    Plotly looks for elements of certain names before it writes styles into the page; these are there already.
    """
    held = format_html_join("", '<template id="{}"></template>', ((name,) for name in _marks()))
    return format_html(
        '<link id="plotly.js-style-global" class="no-inline-styles" rel="stylesheet" href="{}">{}'
        '<script src="{}" defer></script><script src="{}" defer></script>',
        static("troth/plotly.css"), held, reverse("plotly", kwargs={"version": version()}), static("troth/draw.js"),
    )  # fmt: skip


def plotly(request: HttpRequest, version: str) -> HttpResponse:
    """Serve Plotly's script."""
    del version
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(_script(zipped), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Vary"] = "Accept-Encoding"
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


@cache
def _marks() -> tuple[str, ...]:
    return tuple(sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', _script(False).decode()))))


@cache
def _script(zipped: bool) -> bytes:  # noqa: FBT001  a cache key
    from plotly.offline import get_plotlyjs

    plain: bytes = get_plotlyjs().encode()
    return gzip.compress(plain, 6) if zipped else plain
