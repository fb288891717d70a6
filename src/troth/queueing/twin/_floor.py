"""The agents: whom they hold, how fast they get on, which list they stand in, what they are shown to do."""

from __future__ import annotations

from typing import Any

from troth.queueing.twin._draws import drawn
from troth.queueing.twin._events import put
from troth.queueing.twin._jit import compiled, inlined
from troth.queueing.twin._layout import (
    AVAILABLE,
    END,
    FREE,
    HANDLE,
    HELD,
    MISSING,
    NEVER,
    NO_LIST,
    NOBODY,
    ON_CONTACT,
    PARKED,
    PARTLY,
    RESUMED,
    SERVING,
    SLACK,
    WALK,
    WRAP_UP,
    WRAPPING,
)
from troth.queueing.twin._line import join, leave, note_overtaken
from troth.queueing.twin._pick import needed, pick
from troth.queueing.twin._tables import agent_at, contact_at, mark_at, pair_at, profile_at, queue_at, spell_at, value_at


@inlined
def begin_spell(w: Any, who: int, state: int, t: int) -> int:
    """Begin a stretch of an agent's time and return its row."""
    row = w.spells_used
    if row >= w.spells_n:
        w.full = 1
        return NOBODY
    w.spells_used = row + 1
    one = spell_at(w, row)
    one.who, one.state, one.started, one.ended = who, state, t, NEVER
    return int(row)


@inlined
def end_spell(w: Any, row: int, t: int) -> int:
    """End a stretch; return nobody's row."""
    if row != NOBODY:
        one = spell_at(w, row)
        one.ended = t
        w.brief += one.started == t
    return NOBODY


@compiled
def note(w: Any, c: int, what: int, t: int) -> None:
    """Mark something on a contact's way."""
    row = w.marks_used
    if row >= w.marks_n:
        w.full = 1
        return
    w.marks_used = row + 1
    one = mark_at(w, row)
    one.contact, one.agent, one.what, one.at = c, contact_at(w, c).agent, what, t


@compiled
def show(w: Any, a: int, t: int) -> None:
    """Write down what an agent is seen to do, if that changed."""
    one = agent_at(w, a)
    state = one.wanted if one.held == 0 else WRAP_UP if one.wrapping == one.held else ON_CONTACT
    if state != one.state:
        end_spell(w, one.spell, t)
        one.state = state
        one.spell = begin_spell(w, a, state, t) if state > 0 else NOBODY


@compiled
def unlist(w: Any, a: int) -> None:
    """Take an agent out of the list it stands in."""
    one = agent_at(w, a)
    if one.list == NO_LIST:
        return
    p = profile_at(w, one.profile)
    if one.before != NOBODY:
        agent_at(w, one.before).after = one.after
    elif one.list == FREE:
        p.head = one.after
    elif one.list == PARTLY:
        p.partly = one.after
    else:
        p.slack = one.after
    if one.after != NOBODY:
        agent_at(w, one.after).before = one.before
    elif one.list == FREE:
        p.tail = one.before
    if one.list == FREE:
        p.size -= 1
    one.list = NO_LIST


@compiled
def settle(w: Any, a: int, t: int) -> None:
    """Put an agent into the list where it belongs, and show what it does."""
    one = agent_at(w, a)
    p = profile_at(w, one.profile)
    wanted = NO_LIST
    if one.wanted == AVAILABLE:
        if one.used == 0:
            wanted = FREE
        elif one.used < one.hands:
            wanted = PARTLY
        elif one.held == 1 and queue_at(w, contact_at(w, one.first).queue).interruptible:
            wanted = SLACK
    if one.list != wanted:
        unlist(w, a)
        if wanted == FREE:
            # The longest free stands first.
            one.since, one.before, one.after = t, p.tail, NOBODY
            if p.tail == NOBODY:
                p.head = a
            else:
                agent_at(w, p.tail).after = a
            p.tail = a
            p.size += 1
        elif wanted != NO_LIST:
            head = p.partly if wanted == PARTLY else p.slack
            one.before, one.after = NOBODY, head
            if head != NOBODY:
                agent_at(w, head).before = a
            if wanted == PARTLY:
                p.partly = a
            else:
                p.slack = a
        one.list = wanted
    show(w, a, t)


@compiled
def speed(w: Any, a: int) -> float:
    """Return how fast each contact of an agent gets on beside the others it holds."""
    first, held = agent_at(w, a).speeds, agent_at(w, a).held
    return 1.0 if first < 0 else float(value_at(w, first + held - 1).x)


@inlined
def progress(w: Any, a: int, t: int) -> None:
    """Take the work done since the last look off what is left of each contact an agent holds."""
    one = agent_at(w, a)
    passed = t - one.mark
    if one.held > 0 and passed > 0:
        done = passed if one.held == 1 and one.speeds < 0 else int(passed * speed(w, a) + 0.5)
        c = one.first
        while c != NOBODY:
            contact_at(w, c).work = max(contact_at(w, c).work - done, 0)
            c = contact_at(w, c).after
    one.mark = t


@inlined
def retime(w: Any, a: int, t: int) -> None:
    """Say when an agent will be through with the next of the contacts it holds."""
    one = agent_at(w, a)
    one.version += 1
    if one.held == 0:
        return
    c = one.first
    least = contact_at(w, c).work
    if one.held > 1 or one.speeds >= 0:
        c = contact_at(w, c).after
        while c != NOBODY:
            least = min(least, contact_at(w, c).work)
            c = contact_at(w, c).after
        least = int(least / speed(w, a) + 0.999)
    put(w, t + least, END, a, one.version)


@compiled
def hold(w: Any, a: int, c: int, t: int) -> None:
    """Give an agent a contact into its hands, with its work."""
    one, it = agent_at(w, a), contact_at(w, c)
    progress(w, a, t)
    it.agent, it.state = a, HELD
    it.before, it.after = NOBODY, one.first
    if one.first != NOBODY:
        contact_at(w, one.first).before = c
    one.first = c
    one.held += 1
    one.used += needed(w, a, it.queue)
    if it.phase == WRAPPING:
        one.wrapping += 1
    retime(w, a, t)


@inlined
def let_go(w: Any, a: int, c: int) -> None:
    """Take a contact out of an agent's hands."""
    one, it = agent_at(w, a), contact_at(w, c)
    if it.before == NOBODY:
        one.first = it.after
    else:
        contact_at(w, it.before).after = it.after
    if it.after != NOBODY:
        contact_at(w, it.after).before = it.before
    one.held -= 1
    one.used -= needed(w, a, it.queue)
    if it.phase == WRAPPING:
        one.wrapping -= 1


@compiled
def serve(w: Any, a: int, c: int, t: int) -> None:
    """An agent takes a waiting contact."""
    if queue_at(w, contact_at(w, c).queue).passing:
        note_overtaken(w, c, agent_at(w, a).profile, t)
    leave(w, c, t, HELD)
    begin(w, a, c, t)


@inlined
def begin(w: Any, a: int, c: int, t: int) -> None:
    """An agent begins with a contact, or goes on with it."""
    it = contact_at(w, c)
    q = queue_at(w, it.queue)
    it.agent = a
    if it.answered != NEVER:  # it was interrupted
        it.gap += t - it.entered
        note(w, c, RESUMED, t)
    else:
        it.called = t
        pair = pair_at(w, it.stream * w.queues_n + it.queue)
        if q.silent and it.leaves <= t:
            it.phase, it.work = MISSING, q.no_show
        else:
            walk = drawn(w, pair.walk, WALK, it.stream, it.number, it.leg)
            handle = drawn(w, pair.handle, HANDLE, it.stream, it.number, it.leg)
            it.phase, it.answered = SERVING, t + walk
            it.work = walk + int(handle * agent_at(w, a).pace)
    hold(w, a, c, t)


@compiled
def interrupt(w: Any, a: int, t: int) -> None:
    """An agent lays deferred work aside; it goes back to its place."""
    c = agent_at(w, a).first
    progress(w, a, t)
    let_go(w, a, c)
    retime(w, a, t)
    it = contact_at(w, c)
    if it.answered >= t:  # taken up at this very instant, so never begun
        it.called = it.answered = NEVER
        it.agent = NOBODY
    else:
        note(w, c, PARKED, t)
    join(w, c, t)


@compiled
def feed(w: Any, a: int, t: int) -> None:
    """Let an agent take as much of what waits as its hands can hold, and stand where it then belongs."""
    one = agent_at(w, a)
    while one.wanted == AVAILABLE and one.used < one.hands:
        c = pick(w, a, t, 1 if one.list == NO_LIST and one.used == 0 else 0)
        if c == NOBODY:
            break
        serve(w, a, c, t)
    settle(w, a, t)
