"""The look: one source of colours, nothing inline, honest pages for what goes wrong, numbers as people say them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from tests.web import cast
from troth.charts import tokens
from troth.web.common import words
from troth.web.common.say import say
from troth.web.people.words import BORROWED
from troth.web.project.templatetags.words import own_name, own_title, undo_of

WEB = Path(words.__file__).parents[1]
STATIC = WEB / "project" / "static" / "troth"
VILNIUS = ZoneInfo("Europe/Vilnius")


def _templates() -> list[Path]:
    return sorted(path for path in WEB.rglob("templates/**/*.html"))


def test_colours_have_one_source() -> None:
    """The site's sheet has the tokens of charts and reports, word for word, and no other colour but black and white."""
    sheet = (STATIC / "troth.css").read_text(encoding="utf-8")
    assert tokens.css() in sheet
    palette = "".join(f"--c{k}:{value};" for k, value in enumerate(tokens.PALETTE, 1))
    assert palette in sheet
    rest = sheet.replace(tokens.css(), "").replace(palette, "")
    rest += "".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in ("public", "staff"))
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rest)) <= {"#fff", "#000"}


def test_text_keeps_its_contrast() -> None:
    """4.5:1 for text on every ground it stands on, in light and dark (WCAG 2.2, 1.4.3)."""
    for theme in (tokens.LIGHT, tokens.DARK):
        for text in ("ink", "soft", "accent"):
            for ground in ("paper", "card", "faint"):
                assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        for word in ("ok", "watch", "late"):
            for ground in ("paper", "card", f"{word}-wash"):
                assert _contrast(theme[word], theme[ground]) >= 4.5, (word, ground)
        assert _contrast(theme["paper"], theme["accent"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_no_template_has_anything_inline() -> None:
    """Styles, scripts and handlers in a page would be refused by the policy; nothing comes from elsewhere."""
    found = {}
    for path in _templates():
        text = path.read_text(encoding="utf-8")
        wrong = re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|javascript:|https?://(?!127)", text)
        if wrong:
            found[path.name] = wrong
    assert _templates()
    assert found == {}


def test_every_icon_a_page_names_is_drawn() -> None:
    """An icon that is not in the sprite would be an empty place."""
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    used = {
        name for path in _templates() for name in re.findall(r'{% icon "(\w+)" %}', path.read_text(encoding="utf-8"))
    }
    assert used - drawn == set()
    assert {"ok", "watch", "late"} <= used


@pytest.mark.parametrize("name", ["bad_request", "forbidden", "not_found", "failed", "stale"])
@pytest.mark.parametrize("language", ["en", "lt"])
def test_pages_for_what_goes_wrong_need_no_database(name: str, language: str) -> None:
    """They are shown also when the database is gone: this test has none."""
    request = RequestFactory().get("/anything")
    request.user = AnonymousUser()
    with translation.override(language):
        page = render_to_string(f"errors/{name}.html", {}, request=request)
    assert page.count("<h1") == 1
    assert "Traceback" not in page
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize(
    ("seconds", "english", "lithuanian"),
    [
        (8, "under\u00a01\u00a0min", "mažiau nei\u00a01\u00a0min."),
        (652, "11\u00a0min", "11\u00a0min."),
        (5399, "1\u00a0h\u00a030\u00a0min", "1\u00a0val.\u00a030\u00a0min."),
        (7200, "2\u00a0h", "2\u00a0val."),
        (40 * 3600, "40\u00a0h", "40\u00a0val."),
        (50 * 3600, "2\u00a0days", "2\u00a0dienos"),
        (None, "\u2013", "\u2013"),
    ],
)
def test_lengths_of_time_are_rounded_as_people_say_them(seconds: float | None, english: str, lithuanian: str) -> None:
    """11 min, not 10.87."""
    for language, text in (("en", english), ("lt", lithuanian)):
        with translation.override(language):
            assert words.duration(seconds) == text


def test_a_band_of_waiting_is_two_numbers_and_one_unit() -> None:
    """From and to, rounded outwards, never nothing."""
    with translation.override("en"):
        assert words.between(720, 1080) == "12\u201318\u00a0min"
        assert words.between(0, 250) == "under\u00a04\u00a0min"
        assert words.between(0, 20) == "under\u00a01\u00a0min"
        assert words.between(600, 600) == "10\u00a0min"
        assert words.between(None, 60) == "\u2013"


def test_times_are_those_of_the_place_as_people_there_read_them() -> None:
    """24 hours in Vilnius in both languages, 12 in New York; the hour of the place, also in summer."""
    winter, summer = datetime(2026, 1, 15, 14, 5, tzinfo=UTC), datetime(2026, 7, 15, 14, 5, tzinfo=UTC)
    for language in ("en", "lt"):
        with translation.override(language):
            assert words.clock(winter, zone=VILNIUS) == "16:05"
            assert words.clock(summer, zone=VILNIUS) == "17:05"
    with translation.override("en"):
        assert words.clock(winter, zone=ZoneInfo("America/New_York")) == "9:05\u00a0AM"
        assert words.day(winter, zone=VILNIUS) == "Thursday, 15\u00a0January 2026"
    with translation.override("lt"):
        assert words.day(winter, zone=VILNIUS) == "2026\u00a0m. sausio\u00a015\u00a0d., ketvirtadienis"


def test_an_instant_is_relative_under_an_hour() -> None:
    """Then the time; on another day with the day."""
    now = datetime(2026, 1, 15, 14, 5, tzinfo=UTC)
    with translation.override("en"):
        assert words.when(now, now=now, zone=VILNIUS) == "now"
        assert words.when(now - timedelta(minutes=12), now=now, zone=VILNIUS) == "12\u00a0min ago"
        assert words.when(now + timedelta(minutes=12), now=now, zone=VILNIUS) == "in 12\u00a0min"
        assert words.when(now - timedelta(hours=3), now=now, zone=VILNIUS) == "13:05"
        assert words.when(now - timedelta(days=1), now=now, zone=VILNIUS) == "Wed\u00a014\u00a0Jan 16:05"


def test_numbers_have_the_separators_of_the_language() -> None:
    """A thousand is written as readers write it."""
    with translation.override("en"):
        assert (words.figure(12345), words.share(0.834), words.figure(None)) == ("12,345", "83\u00a0%", "\u2013")
    with translation.override("lt"):
        assert words.figure(12345).replace("\u00a0", " ") == "12 345"


def test_sentences_the_framework_lacks_are_ours_in_lithuanian() -> None:
    """Whoever changes a password reads one language, not two."""
    for said in BORROWED[:-1]:
        with translation.override("en"):
            english = str(said)
        with translation.override("lt"):
            assert str(said) != english
    with translation.override("lt"):
        assert BORROWED[-1] % 10 == "Slaptažodis per trumpas: reikia bent 10 simbolių."


@pytest.mark.django_db
def test_a_service_and_a_language_have_names_of_their_own(company: cast.Company) -> None:
    """A title in the reader's language, else the usual one; a language as its speakers call it."""
    company.cards.names.create(language="lt", title="Kortelės")
    for language, title in (("lt", "Kortelės"), ("en", company.cards.title)):
        with translation.override(language):
            assert own_title(company.cards) == title
    assert (own_name("lt"), own_name("de"), own_name("xx")) == ("Lietuvių", "Deutsch", "xx")


def test_a_message_carries_the_way_back() -> None:
    """What can be undone has the address that undoes it; the rest has none."""
    request: HttpRequest = RequestFactory().get("/")
    request.session = {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    say(request, "A012 is set aside.", undo="/counter/do?do=take_up&ticket=1")
    say(request, "Saved.")
    assert [undo_of(one) for one in get_messages(request)] == ["/counter/do?do=take_up&ticket=1", ""]


def test_the_language_is_kept_with_the_person(company: cast.Company) -> None:
    """Chosen once, it stays after the next sign-in; a language that is none changes nothing, nor does a link elsewhere."""
    client = cast.signed_in(company.bob)
    answer = client.post("/language", {"language": "lt", "next": "/today"})
    assert answer["Location"] == "/today"
    company.bob.refresh_from_db()
    assert company.bob.language == "lt"
    assert client.post("/language", {"language": "xx", "next": "https://elsewhere.example/"})["Location"] == "/"
    company.bob.refresh_from_db()
    assert company.bob.language == "lt"
    assert Client().get("/language").status_code == 405


def test_the_menu_shows_only_what_can_be_opened(company: cast.Company) -> None:
    """A clerk has no setting up; an administrator has; a stranger has neither."""
    cast.branch(company)
    clerk = cast.signed_in(company.bob).get("/counter").content.decode()
    admin = cast.signed_in(company.ada).get("/branches").content.decode()
    assert 'href="/counter"' in clerk and 'href="/branches"' not in clerk
    assert 'href="/branches"' in admin
    assert 'aria-current="page"' in clerk


def test_the_first_page_is_where_the_work_is(company: cast.Company) -> None:
    """A clerk comes to the counter, a lead to the day, somebody without a role to the own account."""
    for who, path in ((company.bob, "/counter"), (company.alice, "/today"), (company.dan, "/account")):
        assert cast.signed_in(who).get("/")["Location"] == path
    assert "/accounts/login" in Client().get("/")["Location"]
