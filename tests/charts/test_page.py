"""The page: nothing unescaped gets in, nothing gets out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.charts import draw
from troth.charts.page import Cell, Chart, chart, page, script_json, table, text

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"' &amp; \u202egnp\x00"


class Tags(HTMLParser):
    """Collects tags with their attributes, the text outside scripts, and the scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._inside: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs) if tag == "script" else None

    def handle_endtag(self, tag: str) -> None:
        """Leave a script."""
        self._inside = None

    def handle_data(self, data: str) -> None:
        """Keep words and scripts apart."""
        if self._inside is not None:
            self.scripts.append((self._inside, data))
        else:
            self.words += data


@given(st.text())
def test_text_is_text(value: str) -> None:
    """Whatever a name is, a browser reads it as that name and as no markup; what cannot be printed is replaced."""
    found = Tags(f'<p title="{text(value)}">{text(value)}</p>')
    assert [tag for tag, _ in found.tags] == ["p"]
    shown = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in value)
    assert found.words == shown
    assert found.tags[0][1]["title"] == shown


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_data_for_scripts_comes_back_and_ends_no_script(value: object) -> None:
    """JSON inside a script element is the same value, and holds nothing that a browser could take for markup."""
    raw = script_json(value)
    assert json.loads(raw) == value
    assert not set(raw) & set("<>&\u2028\u2029")


def test_a_hostile_name_stays_a_name_everywhere() -> None:
    """Heads, cells, hovers, captions, chart titles and chart data take hostile text without any new element."""
    cells = [[Cell(HOSTILE, HOSTILE, HOSTILE), Cell("1", 1, figure=True)]]
    body = table([HOSTILE, "n"], rows=cells, caption=HOSTILE, name=HOSTILE, groups=[HOSTILE], tags=[HOSTILE])
    figure = draw.bars([HOSTILE], values=[1.0])
    body += chart(Chart(figure, HOSTILE, HOSTILE, body))
    found = Tags(page(body, title=HOSTILE, charts=False))
    assert "img" not in {tag for tag, _ in found.tags}
    assert not [name for _, marks in found.tags for name in marks if name.startswith("on")]
    scripts = [marks.get("type") for marks, _ in found.scripts]
    assert scripts == ["application/json", None]


def test_the_page_asks_no_network_for_anything() -> None:
    """No element refers outside, and the page's own policy allows no connection and no script but its own."""
    made = page("<p>x</p>", title="t")
    found = Tags(made)
    for tag, marks in found.tags:
        for name in ("src", "href", "data", "action", "poster", "srcset"):
            assert (marks.get(name) or "#").startswith(("#", "data:")), (tag, marks)
    style = re.search(r"<style>(.*?)</style>", made, flags=re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    policy = next(m["content"] or "" for _, m in found.tags if m.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    own = [body for marks, body in found.scripts if "type" not in marks]
    assert len(own) == 2
    for body in own:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" in policy


def test_plotly_stands_in_a_page_once_or_not_at_all() -> None:
    """The heaviest part is there once for all charts, and not in a page without charts."""
    assert page("", title="t").count("plotly.js v") == 1
    assert len(page("", title="t", charts=False)) < 60_000


def test_a_table_says_what_it_is_and_what_sorts_it() -> None:
    """A table has a caption, heads with scope, row heads, exact values for sorting, and figures to the right."""
    made = table(["Name", "Wait"], rows=[[Cell("a"), Cell("11 min", 662.0, "662 s", figure=True)]], caption="Waits")
    assert "<caption>Waits</caption>" in made
    assert '<th scope="row" data-label="Name">a</th>' in made
    assert '<td data-label="Wait" class="num" data-v="662.0" title="662 s">11 min</td>' in made
    assert made.count("data-sort") == 2
    with pytest.raises(ValueError, match="zip"):
        table(["one"], rows=[[Cell("a"), Cell("b")]], caption="Wrong")


def test_a_chart_is_told_in_words_and_numbers() -> None:
    """Who cannot see a chart hears its sentence and finds its numbers behind a disclosure."""
    numbers = table(["x"], rows=[[Cell("1")]], caption="Numbers of it")
    made = chart(Chart(draw.bars(["a"], values=[1.0]), "Title", "One is the most.", numbers))
    assert 'role="img" aria-label="One is the most."' in made
    assert "<details><summary>Numbers</summary>" in made
