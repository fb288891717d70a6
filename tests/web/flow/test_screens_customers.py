"""What customers see: joining by phone, the ticket, the kiosk, the wall."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from tests.web import cast
from tests.web.flow.day import Day, fresh
from troth.core.terms import Role
from troth.web.flow import actions
from troth.web.flow.models import Ticket
from troth.web.people.holders import DEVICE

#: A customer's phone page with all it loads, uncompressed.
PHONE_BYTES = 50_000


def _join(client: Client, day: Day, **said: Any) -> Ticket:
    answer = client.post(f"/join/{day.place.branch.token}", {"service": day.company.cash.pk, **said})
    assert answer.status_code == 302
    return Ticket.objects.get(token=answer["Location"].rsplit("/", 1)[1])


def _kiosk(day: Day) -> Client:
    """Return the browser of a kiosk that was set up with its key."""
    client = Client()
    session = client.session
    session[DEVICE] = cast.key(day.company.vilnius, role=Role.KIOSK)[0].pk
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


def test_a_phone_joins_once_however_often_the_form_is_sent(clock: Day) -> None:
    """A double click, and the back button with another try, find the ticket that is there."""
    phone = Client()
    first = _join(phone, clock)
    assert _join(phone, clock) == first
    assert Ticket.objects.count() == 1
    assert first.entry == "link"
    page = phone.get(f"/join/{clock.place.branch.token}").content.decode()
    assert first.label in page


def test_nobody_joins_by_link_while_the_branch_is_closed(clock: Day) -> None:
    """At night, a minute before it opens and on a holiday the page says so, and a form sent late gives no number."""
    address, phone = f"/join/{clock.place.branch.token}", Client()
    opens = clock.now.replace(hour=6, minute=0)  # 08:00 in Vilnius
    for at in (opens - timedelta(hours=5), opens - timedelta(minutes=1), opens + timedelta(hours=10)):
        clock.now = at
        assert "Nobody can join just now" in phone.get(address).content.decode()
        assert phone.post(address, {"service": clock.company.cash.pk})["Location"] == address
    assert not Ticket.objects.exists()
    clock.now = opens
    assert _join(phone, clock).state == "waiting"


def test_the_poster_is_told_apart_from_the_link(clock: Day) -> None:
    """The code on the poster leads to the same page and is counted as such."""
    page = Client().get(f"/join/{clock.place.branch.token}/poster").content.decode()
    assert "<svg" in page
    assert _join(Client(), clock, by="poster").entry == "poster"


def test_who_needs_another_service_gets_another_ticket(clock: Day) -> None:
    """One phone may wait in two lines: only the same wish is the same ticket."""
    phone = Client()
    first = _join(phone, clock)
    second = phone.post(f"/join/{clock.place.branch.token}", {"service": clock.company.loans.pk})["Location"]
    assert second.rsplit("/", 1)[1] != first.token


@pytest.mark.parametrize("path", ["/join/b-nowhere", "/join/b-nowhere/poster", "/t/no-such-ticket", "/book/b-nowhere"])
def test_an_unknown_link_leads_nowhere(clock: Day, path: str) -> None:
    """A guessed link says nothing of what there is."""
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "nothing here" in answer.content.decode()


def test_a_service_that_is_not_offered_cannot_be_joined(clock: Day) -> None:
    """A number typed into the form gives no ticket."""
    for service in ("999999", "", "1; drop table", str(clock.company.cash.pk) + "x"):
        assert Client().post(f"/join/{clock.place.branch.token}", {"service": service}).status_code == 404
    assert Ticket.objects.count() == 0


def test_a_branch_may_keep_its_line_closed_to_phones(clock: Day) -> None:
    """Joining by link can be turned off."""
    clock.place.branch.join_by_link = False
    clock.place.branch.save()
    for answer in (
        Client().get(f"/join/{clock.place.branch.token}"),
        Client().post(f"/join/{clock.place.branch.token}", {"service": clock.company.cash.pk}),
    ):
        assert answer.status_code == 403
    assert Ticket.objects.count() == 0


def test_the_ticket_says_where_one_stands(clock: Day) -> None:
    """Waiting, next, called, served: always one sentence, and the counter when there is one."""
    ahead, mine = clock.join(), clock.join()
    phone = Client()

    def page() -> str:
        return phone.get(f"/t/{mine.token}").content.decode()

    assert "1 person is before you." in page()
    session = clock.open()
    assert clock.call(session) == ahead
    assert "You are next." in page()
    actions.answer(session=session, ticket=ahead, now=clock.later())
    actions.finish(session=session, ticket=ahead, now=clock.later())
    clock.call(session)
    assert "Your turn. Please go to Counter 1." in page()
    actions.answer(session=session, ticket=mine, now=clock.later())
    actions.finish(session=session, ticket=mine, now=clock.later())
    assert "Done. Thank you for coming." in page()
    assert "data-live" not in page()


def test_a_ticket_that_was_handed_on_leads_to_the_new_one(clock: Day) -> None:
    """The link a customer has goes on working after a transfer."""
    mine, session = clock.join(), clock.open()
    clock.call(session)
    new = actions.transfer(session=session, ticket=mine, service=clock.company.loans, now=clock.later())
    answer = Client().get(f"/t/{mine.token}")
    assert answer.status_code == 302
    assert answer["Location"] == f"/t/{new.token}"


def test_leaving_twice_is_leaving_once_and_a_stale_page_is_told_so(clock: Day) -> None:
    """What a page that is no longer true asks for is answered honestly, and changes nothing."""
    mine, phone = clock.join(), Client()
    for _ in range(2):
        assert phone.post(f"/t/{mine.token}/do", {"do": "leave"}).status_code == 302
    assert fresh(mine).state == "left"
    page = phone.post(f"/t/{mine.token}/do", {"do": "yield"}, follow=True).content.decode()
    assert "dealt with already" in page
    assert fresh(mine).yielded == 0


def test_others_may_go_first(clock: Day) -> None:
    """Letting others first keeps the ticket and says until when."""
    mine, phone = clock.join(), Client()
    page = phone.post(f"/t/{mine.token}/do", {"do": "yield"}, follow=True).content.decode()
    assert fresh(mine).yielded == 1
    assert "Others go first until" in page


def test_phones_that_cannot_stream_are_told_the_same(clock: Day) -> None:
    """Polling gives the words of the page, in the language the page was opened in."""
    clock.join()
    mine = clock.join()
    told = json.loads(Client().get(f"/live/ticket/{mine.token}.en.json").content)
    assert told["turn"] == "1 person is before you."
    assert told["waiting"] and told["soon"] and not told["called"]
    lithuanian = json.loads(Client().get(f"/live/ticket/{mine.token}.lt.json").content)
    assert lithuanian["turn"] not in {"", told["turn"]}
    assert Client().get("/live/ticket/no-such.en.json").status_code == 404


def test_a_phone_page_is_small(clock: Day) -> None:
    """Page, styles, scripts and icons together stay under 50 kB, uncompressed."""
    clock.join()
    mine = clock.join()
    Ticket.objects.filter(pk=mine.pk).update(expects={"low_s": 300, "high_s": 900})
    page = Client().get(f"/t/{mine.token}").content
    parts = ["troth/troth.css", "troth/public.css", "troth/troth.js", "flow/phone.js", "troth/icons.svg"]
    for part in parts:
        assert part.encode() in page
    found = [finders.find(part) for part in parts]
    total = len(page) + sum(Path(str(path)).stat().st_size for path in found)
    assert total < PHONE_BYTES, f"{total} bytes"


def test_a_stranger_cannot_open_the_kiosk_or_the_wall(clock: Day) -> None:
    """Screens in the room need the key of the place; a key of another branch opens nothing."""
    token = clock.place.branch.token
    other = Client()
    session = other.session
    session[DEVICE] = cast.key(clock.company.klaipeda, role=Role.KIOSK)[0].pk
    session.save()
    other.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    for path in (f"/kiosk/{token}", f"/kiosk/{token}/en", f"/wall/{token}"):
        assert Client().get(path).status_code == 302
        assert other.get(path).status_code == 404
    assert other.get(f"/live/wall/{token}.json").status_code == 404


def test_the_kiosk_takes_three_taps(clock: Day) -> None:
    """Language, service, number; a second tap on the same screen gives the same number."""
    kiosk, token = _kiosk(clock), clock.place.branch.token
    start = kiosk.get(f"/kiosk/{token}").content.decode()
    assert "Lietuvių" in start and "Polski" in start
    page = kiosk.get(f"/kiosk/{token}/lt").content.decode()
    assert "Paskolos" in page, "services are called as the language calls them"
    tap = page.split('name="tap" value="')[1].split('"')[0]
    said = {"service": clock.company.loans.pk, "tap": tap}
    answers = [kiosk.post(f"/kiosk/{token}/lt", said) for _ in range(2)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Ticket.objects.count() == 1
    mine = Ticket.objects.get()
    assert (mine.entry, mine.visit.language) == ("kiosk", "lt")
    shown = kiosk.get(answers[0]["Location"]).content.decode()
    assert mine.label in shown and "<svg" in shown


def test_a_reprint_after_the_call_says_so(clock: Day) -> None:
    """Nobody goes back to sit down with a slip of a number that has been called."""
    mine, session = clock.join(), clock.open()
    kiosk, token = _kiosk(clock), clock.place.branch.token
    before = kiosk.get(f"/kiosk/{token}/en/ticket/{mine.token}").content.decode()
    assert "Counter 1" not in before
    clock.call(session)
    after = kiosk.get(f"/kiosk/{token}/en/ticket/{mine.token}").content.decode()
    assert after.count("Your turn. Please go to Counter 1.") == 2, "on the screen and on the slip"


def test_the_kiosk_has_controls_low_enough(clock: Day) -> None:
    """The switch lasts for the visit and can be turned back."""
    kiosk, token = _kiosk(clock), clock.place.branch.token
    assert "kiosk low" not in kiosk.get(f"/kiosk/{token}/en").content.decode()
    for low in (True, False):
        page = kiosk.post(f"/kiosk/{token}/height", {"language": "en"}, follow=True).content.decode()
        assert ("kiosk low" in page) is low


def test_the_kiosk_speaks_only_the_languages_of_the_branch(clock: Day) -> None:
    """A language in the address that nobody here speaks is not there."""
    kiosk, token = _kiosk(clock), clock.place.branch.token
    assert kiosk.get(f"/kiosk/{token}/hr").status_code == 404
    assert kiosk.get(f"/kiosk/{token}/xx").status_code == 404


def test_the_wall_shows_numbers_and_no_names(clock: Day) -> None:
    """Called numbers with their counters, then the next few; nobody's name."""
    mine = clock.join(customer=clock.company.kate)
    nexts = [clock.join() for _ in range(8)]
    clock.call(clock.open())
    kiosk, token = _kiosk(clock), clock.place.branch.token
    page = kiosk.get(f"/wall/{token}").content.decode()
    told = json.loads(kiosk.get(f"/live/wall/{token}.json").content)
    assert (told["n0"], told["c0"], told["n1"]) == (mine.label, "Counter 1", "")
    assert told["nexts"].split() == [one.label for one in nexts[:6]]
    assert mine.label in page and "Kate" not in page
    assert told["s0"].endswith("Counter 1.") and told["s0"].startswith("en|")


def test_a_number_stays_on_the_wall_while_it_is_awaited(clock: Day) -> None:
    """However long ago the call was; once served it goes after a while."""
    mine, session = clock.join(), clock.open()
    clock.call(session)
    kiosk, path = _kiosk(clock), f"/live/wall/{clock.place.branch.token}.json"
    clock.later(50)
    assert json.loads(kiosk.get(path).content)["n0"] == mine.label
    actions.answer(session=session, ticket=mine, now=clock.later())
    told = json.loads(kiosk.get(path).content)
    assert (told["n0"], told["quiet"]) == ("", True)
