"""The words of the site in six languages: ``python -m tools.translations update``, ``compile`` or ``check``.

`update` reads every text marked for translation in Python and templates into `locale/LANGUAGE/LC_MESSAGES/django.po`,
keeping what is translated; `compile` writes the binary catalogues Django reads. Babel does both, so no gettext programs
are needed; templates are turned into something Babel can read by Django's own `templatize`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parents[1]
SITE: Final = ROOT / "src" / "troth" / "web"
LOCALE: Final = SITE / "project" / "locale"
#: English is in the source itself.
LANGUAGES: Final = ("lt", "lv", "pl", "hr", "id")
#: Languages that must have every word.
COMPLETE: Final = ("lt",)

_KEYWORDS: Final[dict[str, tuple[int | tuple[int, str], ...] | None]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_HEADER: Final = """\
# Translations of Troth, {language}. License: Apache-2.0.
# {state}
#"""
_UNREVIEWED: Final = "UNREVIEWED: written by the developers, not yet read by a native translator."
_OPEN: Final = "Open for translators: what is empty is shown in English."
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)  # a fixed one, so that an update without news changes nothing


def texts() -> Iterator[tuple[str, str]]:
    """Yield name and source of everything that may hold words, templates already made readable for Babel."""
    for path in sorted(SITE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path.relative_to(SITE).as_posix(), path.read_text(encoding="utf-8")
    for path in sorted(p for kind in ("*.html", "*.txt") for p in SITE.rglob(kind) if "templates" in p.parts):
        name = path.relative_to(SITE).as_posix()
        yield name, templatize(path.read_text(encoding="utf-8"), origin=name)


def template() -> Catalog:
    """Return a catalogue of every text of the site, untranslated."""
    found = Catalog(project="Troth", creation_date=_MADE)
    for name, text in texts():
        stream = io.BytesIO(text.encode())
        for one in extract_python(stream, _KEYWORDS, ["Translators:"], {}):
            _line, function, said, comments = cast("tuple[int, str, Any, list[str]]", one)
            words: tuple[str | None, ...] = (said,) if isinstance(said, str) else tuple(said)
            _add(found, function, words, name=name, comments=comments)
    return found


def _add(found: Catalog, function: str, words: tuple[str | None, ...], *, name: str, comments: list[str]) -> None:
    """Add one call of a translating function; one whose text is not written out cannot be translated."""
    context = None
    if "pgettext" in function:
        context, *rest = words
        words = tuple(rest)
    plural = "ngettext" in function or "npgettext" in function
    wanted = words[: 2 if plural else 1]
    if not wanted or not all(isinstance(word, str) and word for word in wanted):
        return
    told = tuple(str(word) for word in wanted)
    found.add(told if plural else told[0], locations=[(name, 0)], auto_comments=comments, context=context)


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    """Return the catalogue of a language; an empty one if there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, project="Troth", creation_date=_MADE, revision_date=_MADE)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def update(language: str, wanted: Catalog) -> Catalog:
    """Return a language's catalogue with exactly the texts of the site, keeping what is translated, and write it."""
    made = read(language)
    made.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
    made.obsolete.clear()
    made.fuzzy = False
    made.header_comment = _HEADER.format(language=language, state=_UNREVIEWED if language in COMPLETE else _OPEN)
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    with path_of(language).open("wb") as stream:
        write_po(stream, made, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return made


def compile_all() -> int:
    """Write the binary catalogues that are older than their text; return how many."""
    written = 0
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        whole = io.BytesIO()
        write_mo(whole, read(source.parts[-3]))
        fresh = target.with_suffix(".new")
        fresh.write_bytes(whole.getvalue())
        fresh.replace(target)  # a reader beside us sees the old one or the new one, never half
        written += 1
    return written


def lacking(catalog: Catalog) -> list[str]:
    """Return the texts without a translation, or with too few plural forms."""
    return [str(message.id) for message in catalog if message.id and not _whole(message, catalog.num_plurals)]


def _whole(message: Message, plurals: int) -> bool:
    said = message.string
    if message.pluralizable:
        return isinstance(said, tuple | list) and len(said) == plurals and all(said)
    return bool(said)


def main(arguments: list[str]) -> int:
    """Do what is asked; with `check`, tell what the complete languages lack by exit status 1."""
    match arguments:
        case ["update"]:
            wanted = template()
            for language in LANGUAGES:
                empty = len(lacking(update(language, wanted)))
                print(f"{language}: {len(wanted)} texts, {empty} without translation")  # noqa: T201
            return 0
        case ["compile"]:
            compile_all()
            return 0
        case ["check"]:
            asked = {(m.context, m.id) for m in template() if m.id}
            bad = [(code, text) for code in COMPLETE for text in lacking(read(code))]
            for code in COMPLETE:
                known = {(m.context, m.id) for m in read(code) if m.id}
                bad += [(code, f"not in the catalogue: {text}") for _, text in asked - known]
            for code, text in bad:
                print(f"{code}: {text}")  # noqa: T201
            return int(bool(bad))
    print(__doc__)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
