"""The wait is stated as an interval, promised, settled by the call, let go with the customer, and learned from."""

from __future__ import annotations

from datetime import timedelta

from tests.web.flow.day import Day, fresh
from troth.web.flow import actions
from troth.web.flow.expects import MOST, learn
from troth.web.flow.models import Ticket, Visit, WaitForecast, WaitMemory
from troth.web.outbox.models import Fact
from troth.web.promises.models import Promise


def _promise(ticket: Ticket) -> Promise:
    return Promise.objects.get(kind="wait", subject=f"contact:{ticket.contact_id}")


def test_nothing_is_promised_while_nobody_serves(bank: Day) -> None:
    """No counter is open: no wait can be stated, and none is."""
    assert bank.join().expects == {}
    assert not Promise.objects.exists()


def test_a_wait_is_stated_and_promised_as_an_interval(bank: Day) -> None:
    """Ticket, promise and fact say the same; the more wait, the longer the interval's ends."""
    bank.open()
    bank.join()
    short = bank.join()
    for _ in range(8):
        bank.join()
    ticket = bank.join()
    said = fresh(ticket).expects
    assert 0 <= said["low_s"] <= said["mid_s"] <= said["high_s"]
    assert said["high_s"] > short.expects["high_s"]
    assert said["mid_s"] > 4 * 240
    promise = _promise(ticket)
    assert (promise.probability, promise.made_at) == (0.8, ticket.joined_at)
    assert promise.due_at == ticket.joined_at + timedelta(seconds=said["high_s"])
    fact = Fact.objects.filter(activity="promised", event__contact_id=str(ticket.contact_id)).get()
    assert (fact.event["queue"], fact.event["value"]) == ("vilnius-general", 0.8)


def test_the_call_settles_the_promise(bank: Day) -> None:
    """In time is kept, late is broken, and a second call settles nothing."""
    session = bank.open()
    quick = bank.join()
    assert actions.call_next(session=session, now=bank.now) == quick
    assert _promise(quick).state == "kept"
    actions.put_back(session=session, ticket=quick, now=bank.later())
    slow = bank.join()
    bank.later(600)
    assert [bank.serve(session), bank.serve(session)] == [quick, slow]
    assert [_promise(one).state for one in (quick, slow)] == ["kept", "broken"]


def test_who_leaves_or_yields_lets_go_of_the_promise(bank: Day) -> None:
    """Waived with its cause; neither kept nor broken."""
    bank.open()
    left = bank.join()
    actions.leave(ticket=left, now=bank.now)
    yielded = bank.join()
    actions.let_others_first(ticket=yielded, now=bank.now)
    assert [(_promise(one).state, _promise(one).cause) for one in (left, yielded)] == [
        ("waived", "left"),
        ("waived", "yielded"),
    ]


def test_each_ended_wait_teaches_once(bank: Day) -> None:
    """The line's memory grows by what ended; who still waits, or let others first, teaches nothing yet."""
    session = bank.open()
    waits = [bank.join() for _ in range(4)]
    bank.serve(session)
    bank.serve(session)
    actions.let_others_first(ticket=waits[2], now=bank.now)
    actions.leave(ticket=waits[2], now=bank.later())
    assert learn(now=bank.now) == 2
    memory = WaitMemory.objects.get(line=bank.place.line)
    assert (memory.learned, len(memory.data["keepers"]["simulation"]["scores"])) == (1, 2)
    assert set(WaitForecast.objects.values_list("ticket_id", flat=True)) == {waits[3].pk}
    assert learn(now=bank.now) == 0
    assert bank.join().expects["predictor"] in memory.data["keepers"]


def test_nothing_is_promised_of_a_line_without_end(bank: Day) -> None:
    """Above a limit no word is given; joining still works."""
    bank.open()
    visit = Visit.objects.create(branch=bank.place.branch, opened_at=bank.now)
    Ticket.objects.bulk_create(
        Ticket(
            branch=bank.place.branch, line=bank.place.line, service=bank.company.cash, service_code="cash", visit=visit,
            prefix="X", number=k, day=bank.now.date(), entry="kiosk", joined_at=bank.now, changed_at=bank.now,
        )
        for k in range(MOST + 1)
    )  # fmt: skip
    assert bank.join().expects == {}
