"""The page about a start says what the answer says, and lets nothing in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.capacity.projects.promising.firms import DAY, day
from troth.capacity.projects.portfolio import Portfolio, ReactiveLoad
from troth.capacity.projects.promising import (
    Beliefs,
    DisplacedJob,
    EarlierPrice,
    LearnedBeliefs,
    ReactiveBelief,
    StartAnswer,
)
from troth.capacity.projects.promising.page import PromisePage, render
from troth.capacity.projects.promising.words import (
    beliefs_told,
    bought_told,
    moved_told,
    source_told,
    surely,
    waits_told,
)
from troth.core.decision import Explanation, Issue, Severity

LEARNED = LearnedBeliefs(Beliefs(), {"wins": {"deals": 12, "months": 1}, "slips": {"clients": 0}})
TOLD = beliefs_told(LEARNED, portfolio=Portfolio(DAY))
BINDS = Explanation(
    "start-binds", {},
    (
        Explanation("waits-for-client", {"weeks": 1.0, "late_weeks": 0.0}),
        Explanation("waits-for-skill", {"skill": "law <b>", "weeks": 0.01, "share": 0.01}),
        Explanation("reactive-work", {"hours_a_week": 3.2, "of_hours": 40.0}),
    ),
)  # fmt: skip


def _answer(*starts: date | None, name: str = "d1", win: float = 0.4) -> StartAnswer:
    days = tuple(day(k) for k in range(5))
    return StartAnswer(
        name, DAY, win, (0.5, 0.8), starts, (day(30), None), days, (0.0, 0.5, 0.6, 0.7, 0.85), (day(30), day(40)), (0.5, 0.7), 0.9, 64.0, BINDS,
    )  # fmt: skip


def _page(answer: StartAnswer, **more: object) -> str:
    return render(PromisePage(answer, TOLD, "neutral guesses", 100, 26, 3, "1.0", **more))  # type: ignore[arg-type]


def test_the_answer_is_told_first_and_by_level() -> None:
    """Days with their probability; of one day the probability itself; of none how often it starts at all."""
    both = _page(_answer(day(1), day(4)))
    assert "2 Jun 2026 with 50%, 5 Jun 2026 with 80%" in both and "no end in the time looked at" in both
    assert "2 Jun 2026, kept with 50%" in _page(_answer(day(1), day(1)))
    assert "it starts in 90% of the futures" in _page(_answer(None, None))
    assert "as believed today" in both and "as believed today" not in _page(_answer(day(1), day(4), win=1.0))


def test_what_it_rests_on_is_told_part_by_part() -> None:
    """What was counted beside each part, and where there was nothing to learn from."""
    page = _page(_answer(day(1), day(4)))
    assert "From 12 deals, 1 month" in page and page.count("Nothing to learn from: neutral") == len(TOLD) - 1
    assert "Nothing to learn from" not in _page(_answer(day(1), day(4)), learned=False)


def test_a_day_that_is_asked_about_shows_who_moves_and_what_helps() -> None:
    """Each who moves is in the table, money in the house's currency; without anybody it is said."""
    moved = [DisplacedJob("p1", True, 1.0, 0.4, 2.0, 6.2, 0.9, 0.7, 12_300.0)]
    price = EarlierPrice(day(1), "start", ("law",), 8.0, day(0), day(7), 5.0, 45_000.0, 0.9, 0.5)
    page = _page(_answer(day(1), day(4)), by=day(1), moved=moved, bought=[price], currency="PLN")
    assert "90% → 70%" in page and ">123<" in page and "at risk, PLN" in page
    assert "Kept with 90% if 8 hours a week of law are bought from 1 Jun 2026 to 7 Jun 2026, about 450.00 PLN." in page
    assert "Nobody would be moved" in _page(_answer(day(1), day(4)), by=day(1))


def test_nothing_from_a_lake_gets_in_as_markup() -> None:
    """Names and issues are text."""
    issue = Issue("odd", Severity.WARNING, "<i>where</i>", "<script>1</script>", "Maybe <u>.")
    page = _page(_answer(day(1), day(4), name="<b>d</b>"), issues=[issue])
    assert "<b>d</b>" not in page and "<i>where" not in page and "<script>1" not in page and "&lt;b&gt;d" in page


def test_words_say_one_as_one_and_leave_out_what_is_nothing() -> None:
    """One week, one hour, one day; no tenth of a week is not told; less than a hundredth is not 0%."""
    assert waits_told(BINDS) == [
        "1 week for the day the client wants",
        "work that comes by itself takes 3 of 40 hours a week",
    ]
    both = [Explanation("waits-for-skill", {"skill": name, "weeks": 2.0, "share": 0.5}) for name in ("law", "data")]
    said = waits_told(Explanation("start-binds", {}, tuple(both)))
    assert said == ["2 weeks for people with law and data, in 50% of the futures"]
    one = DisplacedJob("p1", True, 1.0, 0.001, 1.2, None, None, None, 0.0)
    assert moved_told(one, currency="EUR") == "moves p1 with less than 1%, then its start 1 day later"
    assert (
        moved_told(replace(one, start_days=None, finish_days=3.0), currency="EUR")
        == "moves p1 with less than 1%, then its finish 3 days later"
    )
    free = EarlierPrice(day(1), "start", (), 0.0, day(0), day(7), 0.0, 0.0, 0.95, 0.95)
    assert bought_told(free, currency="EUR") == "kept with 95% as it is: nothing is to be bought"
    late = Explanation("waits-for-client", {"weeks": 0.0, "late_weeks": 2.0})
    assert len(waits_told(Explanation("start-binds", {}, (both[0], late)))) == 2


def test_money_has_the_decimals_and_the_name_of_the_houses_currency() -> None:
    """Of yen there are no hundredths, of euros there are; the page rounds to whole units of either."""
    moved = DisplacedJob("p1", True, 1.0, 0.4, None, None, None, None, 12_345.0)
    bought = EarlierPrice(day(1), "start", ("law",), 8.0, day(0), day(7), 8.0, 12_345.0, 0.95, 0.5)
    for currency, said, whole in (("EUR", "123.45 EUR", "123"), ("JPY", "12,345 JPY", "12,345")):
        assert f", {said} at risk" in moved_told(moved, currency=currency)
        assert f", about {said}" in bought_told(bought, currency=currency)
        page = _page(_answer(day(1), day(4)), by=day(2), moved=[moved], bought=[bought], currency=currency)
        assert f">{whole}<" in page and f"at risk, {currency}" in page


def test_what_probabilities_rest_on_is_told_with_their_error() -> None:
    """Half a root of the futures' number; what is sold is not asked whether it is won; what is not reached says how far it looked."""
    assert surely(_answer(day(1), day(4)), futures=100, weeks=26) == (
        "If d1 is won, which is 40% likely; rests on 64 of 100 futures, good to about 6%."
    )
    assert surely(_answer(None, None, win=1.0), futures=100, weeks=1) == (
        "d1 is sold; this rests on 64 of 100 futures, good to about 6%. Within 1 week it starts in 90% of them."
    )


def test_beliefs_in_words_follow_their_numbers() -> None:
    """Reactive work of the portfolio counts where none is learned; sources say what they are."""
    load = ReactiveLoad("support", (2.0,) * 5 + (0.0, 0.0))
    said = {one.part: one.believed for one in beliefs_told(LEARNED, portfolio=Portfolio(DAY, reactive=(load,)))}
    assert (
        said["reactive"] == "10 hours a week"
        and said["coming"] == "none"
        and said["wins"] == "a stated 50% is worth 50%"
    )
    own = LearnedBeliefs(Beliefs(reactive=ReactiveBelief((replace(load, hours=(1.0,) * 7),))), {})
    assert {one.part: one.believed for one in beliefs_told(own, portfolio=Portfolio(DAY, reactive=(load,)))}[
        "reactive"
    ] == "7 hours a week"
    assert source_told("neutral", since=None, day=DAY) == "neutral guesses, nothing learned"
    assert source_told("mine.json", since=None, day=DAY) == "as mine.json says"
