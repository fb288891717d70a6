"""The words of the site: all are in the catalogues, Lithuanian has every one, with what is filled in and in every plural."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from tools import translations

_PYTHON = re.compile(r"%\(\w+\)[sd]|%%")
_BRACES = re.compile(r"\{\w+\}")
_TAGS = re.compile(r"</?\w+>")


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    """Return every text of the site."""
    return translations.template()


def _marks(text: str) -> list[str]:
    """Return what is filled into a text and the tags in it, in any order."""
    return sorted({*_PYTHON.findall(text), *_BRACES.findall(text), *_TAGS.findall(text)})


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)


def _words(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (str(message.string),)


def test_texts_of_python_and_templates_are_found(wanted: Catalog) -> None:
    """One of each way to mark a text: Python, lazy, with context, in a template, with a plural, in a letter."""
    known = {(message.context, _ids(message)[0]) for message in wanted if message.id}
    for text in ("Nobody is waiting", "has waited longest", "%(n)s waiting", "Please bring:", "%(count)s min"):
        assert (None, text) in known
    assert ("per cent", "%(value)s %%") in known


def test_an_update_without_news_changes_nothing(
    wanted: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Running it twice gives the same file, so that a change of words is seen in the history and nothing else."""
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    translations.update("lt", wanted)
    first = translations.path_of("lt").read_bytes()
    translations.update("lt", wanted)
    assert translations.path_of("lt").read_bytes() == first


def test_an_update_keeps_what_is_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that stays keeps its words; one that is gone goes; a new one is empty."""
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    before = Catalog(locale="lt")
    before.add("Stay", "Likti")
    before.add("Gone", "Dingo")
    translations.path_of("lt").parent.mkdir(parents=True)
    with translations.path_of("lt").open("wb") as stream:
        write_po(stream, before)
    after = Catalog()
    after.add("Stay")
    after.add("New")
    made = translations.update("lt", after)
    assert {str(one.id): one.string or "" for one in made if one.id} == {"Stay": "Likti", "New": ""}
    assert translations.lacking(made) == ["New"]


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_catalogue_has_every_text(language: str, wanted: Catalog) -> None:
    """`make words` was run after the last change of a text."""
    known = {(one.context, _ids(one)) for one in translations.read(language) if one.id}
    asked = {(one.context, _ids(one)) for one in wanted if one.id}
    assert asked - known == set(), "run make words"
    assert known - asked == set(), "run make words"


@pytest.mark.parametrize("language", translations.COMPLETE)
def test_complete_languages_lack_nothing(language: str) -> None:
    """No text is shown in English where the language is said to be complete, and none is only copied."""
    catalog = translations.read(language)
    assert translations.lacking(catalog) == []
    assert not [one.id for one in catalog if one.id and one.fuzzy]


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_translations_lose_nothing_that_is_filled_in(language: str) -> None:
    """Every placeholder and tag of the text is in each of its translations, and none is made up."""
    wrong = {}
    for message in translations.read(language):
        if not message.id:
            continue
        allowed = {tuple(_marks(one)) for one in _ids(message)}
        found = [one for one in _words(message) if one and tuple(_marks(one)) not in allowed]
        if found:
            wrong[_ids(message)] = found
    assert wrong == {}


def test_a_lost_placeholder_is_noticed() -> None:
    """The check can fail."""
    assert _marks("%(n)s waiting") != _marks("laukia")
    assert _marks("{least} min") != _marks("{most} min")
    assert _marks("number <strong>%(n)s</strong>") != _marks("number %(n)s")


def test_lithuanian_has_its_three_plurals() -> None:
    """1, 21 - 2, 9, 22 - 0, 10, 11, 20: by the rule of the catalogue (Unicode CLDR, plural rules)."""
    catalog = translations.read("lt")
    assert catalog.num_plurals == 3
    rule = " ".join(catalog.plural_expr.replace("&&", "and").replace("||", "or").split())
    first, second, third = re.fullmatch(r"\((.*?) \? 0 : (.*?) \? 1 : (2)\)", rule).groups()  # type: ignore[union-attr]
    assert third == "2"
    checked = {first.strip(), second.strip()}
    assert checked == {"n%10==1 and n%100!=11", "n%10>=2 and (n%100<10 or n%100>=20)"}
    message = next(one for one in catalog if _ids(one)[0] == "%(count)s person is before you.")
    assert len(set(_words(message))) == 3


def test_django_speaks_the_plurals() -> None:
    """What the site says for each number, through Django and the compiled catalogue."""
    import django
    from django.conf import settings
    from django.utils import translation

    translations.compile_all()
    if not settings.configured:
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")
    django.setup()
    said = {}
    with translation.override("lt"):
        for n in (1, 2, 9, 10, 11, 20, 21, 22, 0):
            text = translation.ngettext("%(count)s person is before you.", "%(count)s people are before you.", n)
            said[n] = text.split("%(count)s ")[1]
    one, few, many = said[1], said[2], said[10]
    assert len({one, few, many}) == 3
    assert (said[21], said[9], said[22]) == (one, few, few)
    assert said[11] == said[20] == said[0] == many


def test_a_catalogue_says_whether_it_was_reviewed() -> None:
    """Who opens the file reads that nobody has reviewed it."""
    text = translations.path_of("lt").read_text(encoding="utf-8")
    assert "UNREVIEWED" in text.splitlines()[1]
    assert read_po(io.BytesIO(text.encode()), locale="lt").locale_identifier == "lt"


def test_compiling_writes_only_what_is_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second time there is nothing to do."""
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    catalog = Catalog(locale="lt")
    catalog.add("Stay", "Likti")
    translations.update("lt", catalog)
    assert translations.compile_all() == 1
    assert translations.compile_all() == 0
    assert (tmp_path / "lt" / "LC_MESSAGES" / "django.mo").exists()
