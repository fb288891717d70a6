"""What stands out in how people work: told to who leads them, of nobody else's people, and as a question."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.kpi.logs import Event, put
from tests.web import cast
from tests.web.cast import Company
from tests.web.insight.test_board import AtOnce
from troth.core.terms import Role
from troth.kpi.gaming import PAIRS, PATTERNS
from troth.web.insight import bridge, pairs, words
from troth.web.insight.answers import Answers, Limits
from troth.web.insight.habits import led_by
from troth.web.outbox.bridge import Lake
from troth.web.people.models import Membership, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lake(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """A lake of the test's own, whose answers are worked out where they are asked for."""
    settings.LAKE = tmp_path / "lake"
    monkeypatch.setattr(bridge, "_ANSWERS", Answers(AtOnce(), limits=Limits(fresh_s=0.0, rest=0.0, stale_s=-1.0)))
    yield Lake(settings.LAKE)
    bridge.close()


def _calls(agent: str, site: str, *, cut: bool) -> list[Event]:
    """Return thirty contacts of somebody; all cut short but six are followed by another one of the same customer."""
    found: list[Event] = []
    for number in range(30):
        short = (cut and number >= 6) or number == 0
        lengths = [40, 300] if short else [200 + number]
        for place, length_s in enumerate(lengths):
            name = f"{agent}-{site}-{number}-{place}"
            at = timezone.now() - timedelta(days=20 - 2 * place - number % 5, minutes=number)
            common: dict[str, Any] = {
                "contact_id": f"c-{name}",
                "case_id": f"k-{name}",
                "customer_id": f"u-{agent}-{number}",
                "queue": "desk",
                "site": site,
            }
            steps = ((0, "queued", None), (30, "answered", agent), (30 + length_s, "ended", agent))
            found += [
                Event(at=at + timedelta(seconds=s), activity=what, source_id=f"{name}/{what}", agent_id=who, service="cash", **common)
                for s, what, who in steps
            ]  # fmt: skip
    return found


def fill(company: Company, lake: Lake) -> None:
    """Let Bob, Carol and Tom cut their contacts short; twenty others hardly ever do."""
    events = [event for n in range(20) for event in _calls(f"p-{n}", ("vilnius", "klaipeda")[n % 2], cut=False)]
    for who, site in ((company.bob, "vilnius"), (company.carol, "klaipeda"), (company.tom, "vilnius")):
        events += _calls(who.code, site, cut=True)
    put(lake, events)


def trade(lake: Lake) -> None:
    """Let contacts in Vilnius get short, and two of three customers come again."""
    events: list[Event] = []
    for day in range(68):
        late = day >= 32
        for number in range(6):
            for part in range(2 if late and number < 4 else 1):
                name = f"{day}-{number}-{part}"
                at = timezone.now() - timedelta(days=68 - day) + timedelta(hours=20 * part, minutes=9 * number)
                common: dict[str, Any] = {
                    "contact_id": f"c-{name}",
                    "customer_id": f"u-{day}-{number}",
                    "queue": "cards",
                    "site": "vilnius",
                }
                length_s = (60 if late else 400) + number
                for s, what, who in ((0, "queued", None), (30, "answered", "p-1"), (30 + length_s, "ended", "p-1")):
                    moment = at + timedelta(seconds=s)
                    events.append(
                        Event(
                            at=moment, activity=what, source_id=f"{name}/{what}", agent_id=who, service="cash", **common
                        )
                    )
    put(lake, events)


@pytest.fixture
def cut(company: Company, lake: Lake) -> Company:
    """Return the company with three people who cut their contacts short."""
    fill(company, lake)
    return company


def seen(who: User) -> str:
    """Return the page as somebody sees it."""
    answer = cast.signed_in(who).get("/figures/habits")
    assert answer.status_code == 200
    return answer.content.decode()


def test_everybody_who_leads_sees_their_own_people_alone(cut: Company) -> None:
    """Alice sees three, Tom sees Bob and neither Carol nor himself, the lead in Klaipėda sees Carol."""
    lena = cast.person("Lena Lead", (Role.TEAM_LEAD, cut.klaipeda))
    whole, ours, theirs = seen(cut.alice), seen(cut.tom), seen(lena)
    assert all(str(one) in whole for one in (cut.bob, cut.carol, cut.tom))
    assert str(cut.bob) in ours and str(cut.carol) not in ours and f"k-{cut.carol.code}" not in ours
    assert f"<strong>{cut.tom}</strong>" not in ours
    assert str(cut.carol) in theirs and str(cut.bob) not in theirs
    assert "A question, not a verdict." in ours and "colleagues with the same chances about" in ours


def test_whoever_leads_nobody_is_refused(cut: Company) -> None:
    """Those named, auditors, administrators and strangers see nothing of it, and no way to it."""
    for one in (cut.bob, cut.beth, cut.dan, cut.otto, cut.ada):
        assert cast.signed_in(one).get("/figures/habits").status_code == 403
    assert "/figures/habits" in cast.signed_in(cut.tom).get("/figures").content.decode()
    assert "/figures/habits" not in cast.signed_in(cut.otto).get("/figures").content.decode()


def test_who_also_works_elsewhere_is_shown_only_to_who_leads_both(cut: Company) -> None:
    """What is found covers all of a person's work: through it the lead of one team would see another's."""
    Membership.objects.create(user=cut.bob, unit=cut.klaipeda, role=str(Role.CLERK))
    lena = cast.person("Lena Lead", (Role.TEAM_LEAD, cut.klaipeda))
    assert str(cut.bob) not in seen(cut.tom) and str(cut.bob) not in seen(lena)
    assert str(cut.bob) in seen(cut.alice)


def test_who_leads_beside_one_is_not_shown(company: Company) -> None:
    """Two leads of a team are each other's equals; those below both are shown to both."""
    vera = cast.person("Vera Lead", (Role.TEAM_LEAD, company.vilnius))
    assert set(led_by(company.tom)) == set(led_by(vera)) == {company.bob.code, company.beth.code}
    assert company.tom.code in led_by(company.alice) and company.alice.code not in led_by(company.alice)


def test_a_case_of_another_place_is_no_way_in(cut: Company, lake: Lake) -> None:
    """Bob helped out in Klaipėda once: Tom's cases to open are those of Vilnius, and each of them opens."""
    put(lake, _calls(cut.bob.code, "klaipeda", cut=True))
    page, client = seen(cut.tom), cast.signed_in(cut.tom)
    assert "-klaipeda-" not in page
    links = [part.split('"')[0] for part in page.split('href="')[1:] if "/case/" in part.split('"')[0]]
    assert links
    for link in links:
        assert client.get(link).status_code == 200


def test_nothing_is_an_honest_page(company: Company) -> None:
    """Without a log, and where nobody stands out, that is what the page says."""
    assert "There is too little to compare yet." in seen(company.tom)


def test_every_pattern_and_pair_has_its_words() -> None:
    """A pattern or pair of the engine that has no words here would be an error in front of somebody."""
    assert set(pairs.PATTERNS) == set(pairs.OPENED_BY) == set(PATTERNS)
    shown = {one.id: one for one in PAIRS.values() if {one.first, one.second} & set(words.TITLES)}
    assert set(pairs.BOUGHT) == set(shown)
    for name in [n for one in shown.values() for n in (one.first, one.second)] + [
        n for one in PATTERNS.values() for n in (*one.flatters, *one.beside)
    ]:
        assert str(pairs.named(name))


def test_a_trade_is_told_on_the_page_of_the_figure(company: Company, lake: Lake) -> None:
    """Contacts got short and customers come again: the page of the figure says both, and so to no other site's lead."""
    trade(lake)
    page = cast.signed_in(company.tom).get("/figures/speed.handle/rows").content.decode()
    assert "Read beside" in page and "Settled at the first contact" in page
    assert "This figure got better while the next one got worse, by more than chance." in page
    other = cast.signed_in(company.tom).get("/figures/worst.wait/rows").content.decode()
    assert "by more than chance" not in other
    lena = cast.person("Lena Lead", (Role.TEAM_LEAD, company.klaipeda))
    assert "Read beside" not in cast.signed_in(lena).get("/figures/speed.handle/rows").content.decode()
