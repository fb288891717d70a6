"""Other products' figures beside ours, case by case, with the cause of each difference."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence

import numpy as np

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.kpi.clocks import Floats
from troth.kpi.definition import Params
from troth.kpi.query import Engine
from troth.kpi.reconcile.causes import FITS, Codes, Judged, judge
from troth.kpi.reconcile.measure import Material, Truths, measure, missing, unknown
from troth.kpi.reconcile.read import Claims, claims, material
from troth.kpi.reconcile.result import Compared, Reconciled, Reconciliation
from troth.kpi.reconcile.vendors import FIGURES, Sort, VendorFigure, vendors
from troth.kpi.reconcile.verdicts import lengths, verdicts
from troth.kpi.reconcile.ways import ways
from troth.log.lake import Lake
from troth.log.references import read_reference

#: What is lacking where only later events of a case are there: then the first of them stands for its opening.
_BEGINNING = "opening"
_ADVICE = {
    "first_reply": "comments or messages", "any_reply": "comments or messages", "statuses": "the history of statuses",
    "first_resolution": "the history of statuses", "last_resolution": "the history of statuses",
    "final_resolution": "the history of statuses", "first_solution": "the history of statuses",
}  # fmt: skip


def reconcile(
    lake: Lake,
    *,
    vendors: Sequence[str] = (),
    figures: Sequence[str] = (),
    calendar: str | None = None,
    params: Params | None = None,
) -> Reconciliation:
    """Set other products' own figures beside ours and look for the cause of each difference.

    Ours is computed by the named definition. Where it differs it is computed anew with one change at a time, another
    schedule rule, a bot's reply counted, the first resolution instead of the last and so on, and where no single change
    gives their figure, with two. What no change explains stays unexplained.

    Parameters
    ----------
    lake : events of a source whose reader keeps its own figures.
    vendors, figures : only these, by name; all if left out.
    calendar : the calendar of business time for all; None means as `calendar_use` says.
    params : the named defaults; of them the reopening window counts.

    Raises
    ------
    InputError
        ``unknown-vendor``, ``unknown-figure``, ``unknown-calendar``, ``no-vendor-figures``: all at once.
    """
    issues = _unknown(vendors, figures)
    with lake.session() as con:
        engine = Engine(lake, con)
        if calendar is not None and calendar not in engine.calendars:
            advice = f"Maybe one of {', '.join(engine.calendars)}."
            issues.append(Issue("unknown-calendar", Severity.ERROR, "calendar", calendar, advice))
        if issues:
            raise InputError(issues)
        held, issues = claims(lake, con)
        chosen = [
            one for one in held if one.figure.vendor in (vendors or (one.figure.vendor,)) and _asked(one.figure) in (figures or (_asked(one.figure),))
        ]  # fmt: skip
        if not chosen:
            raise InputError([_none(vendors, held), *issues])
        issues = [one for one in issues if not vendors or one.where.split()[0] in vendors]
        if any(_timed(one.figure) for one in chosen) and not (calendar or read_reference(lake, "calendar_use")):
            advice = "Maybe name --calendar, or import calendar_use: until then opening hours are all time, and figures by them differ."
            issues.append(Issue("no-calendar", Severity.WARNING, "calendar_use", "", advice))
        made = [_compared(engine, one, params or Params(), calendar, issues) for one in chosen]
    return Reconciliation(tuple(made), tuple(issues))


def _asked(figure: VendorFigure) -> str:
    """Return the name by which a figure is asked for: those of single agreements share it."""
    return figure.name.removesuffix(f": {figure.agreement}")


def _timed(figure: VendorFigure) -> bool:
    # The clock of an agreement names its own calendar.
    return not figure.agreement and figure.sort is Sort.LENGTH and (figure.way.business or "business" in figure.name)


def _unknown(asked: Sequence[str], figures: Sequence[str]) -> list[Issue]:
    """Return what is wrong with the names asked for."""
    found = []
    for word, code, known in (
        *((one, "unknown-vendor", vendors()) for one in asked),
        *((one, "unknown-figure", tuple(dict.fromkeys(f.name for f in FIGURES))) for one in figures),
    ):
        if word not in known:
            near = difflib.get_close_matches(word, known, n=3, cutoff=0.4) or known
            found.append(Issue(code, Severity.ERROR, code.split("-")[1], word, f"Maybe {', '.join(near)}."))
    return found


def _none(asked: Sequence[str], held: Sequence[Claims]) -> Issue:
    there = sorted({f"{one.figure.vendor} {one.figure.name}" for one in held})
    listed = f"Maybe one of those that are there: {', '.join(there)}." if there else (
        "Maybe the export had none: ticket metrics (Zendesk), reporting events (Chatwoot), tickets (Zammad), contact records"
        " (Amazon Connect), and calendar_stc, business_stc, made_sla or task_sla (ServiceNow) carry them. See docs/guides/reconcile.md."
    )  # fmt: skip
    return Issue("no-vendor-figures", Severity.ERROR, "lake", ", ".join(asked), listed)


def _compared(engine: Engine, claim: Claims, params: Params, calendar: str | None, issues: list[Issue]) -> Reconciled:
    """Set one figure beside ours."""
    figure = claim.figure
    if figure.sort is Sort.VERDICT:
        return _verdict(engine, claim, calendar, issues)
    if figure.agreement:
        return _length(engine, claim, calendar, issues)
    known = material(engine, subject=figure.subject, names=claim.names, params=params, calendar=calendar)
    ours = measure(known, way=figure.way)
    counted = figure.sort is Sort.COUNT
    unit_s = 0.0 if counted else figure.unit_s
    others: dict[Codes, Floats] = {}
    # Two changes at once only where single ones leave something open: there are a hundred pairs.
    for size in (1, 2):
        others |= {
            codes: measure(known, way=way)
            for codes, way in ways(figure.way, codes=figure.departures).items()
            if len(codes) == size
        }
        judged = judge(claim.values, ours=ours, others=others, unit_s=unit_s, cautious=counted)
        if not ((judged.fit == 0) & (judged.cause < 0)).any():
            break
    _tell(known, figure, issues)
    lacks = _lacks(known, figure)
    coarse = known.coarse.get(figure.way.end, np.zeros(len(ours), dtype=np.bool_)) & (not counted)
    cases = _cases(claim, ours, judged, lacks, coarse)
    told = sum(one.coarse for one in cases)
    if told:
        advice = "Maybe the tables that tell of it were not exported: our event is made of their own figure, so agreeing proves nothing."
        issues.append(
            Issue("own-figure", Severity.WARNING, f"{figure.vendor} {figure.name}", figure.way.end, advice, told)
        )
    return Reconciled(figure, cases, judged.tallies)


def _lacks(known: Material, figure: VendorFigure) -> list[str]:
    """Return for every row the first thing ours lacks."""
    found = [""] * len(known.names)
    if figure.way.count:
        return found
    for name in (figure.way.end, figure.way.start):
        for k in np.flatnonzero(unknown(known, name=name)).tolist():
            found[k] = name
    for k in np.flatnonzero(~known.begun).tolist():
        found[k] = _BEGINNING
    return found


def _tell(known: Material, figure: VendorFigure, issues: list[Issue]) -> None:
    """Tell of events that are not there."""
    where = f"{figure.vendor} {figure.name}"
    gone = int((~known.begun).sum())
    if gone:
        advice = f"Maybe the {figure.subject} was deleted, or the table that tells of it was not exported: put it beside the figures."
        issues.append(Issue("figure-without-events", Severity.WARNING, where, figure.subject, advice, gone))
    for name, count in missing(known, way=figure.way).items():
        if count > gone:
            what = _ADVICE.get(name, "all tables of the export")
            advice = (
                f"Maybe {what} were not exported: {name.replace('_', ' ')} is not told, so there is no figure of ours."
            )
            issues.append(Issue("missing-event", Severity.WARNING, where, name, advice, count - gone))


def _verdict(engine: Engine, claim: Claims, calendar: str | None, issues: list[Issue]) -> Reconciled:
    """Set verdicts on an agreement beside ours."""
    policy = claim.figure.agreement or None
    found = verdicts(engine, names=claim.names, said=claim.values, calendar=calendar, policy=policy)
    if not found.stated:
        what = _policy(claim.figure)
        advice = f"Maybe import {what}: until then ours is a length learned from their verdicts on the earlier half."
        issues.append(Issue("no-agreement", Severity.WARNING, f"{claim.figure.vendor} {claim.figure.name}", "", advice))
    judged = judge(claim.values, ours=found.ours, others=found.others, unit_s=0.0, cautious=True)
    cases = _cases(
        claim, found.ours, judged, ["verdict"] * len(claim.names), np.zeros(len(claim.names), dtype=np.bool_)
    )
    return Reconciled(claim.figure, cases, judged.tallies, found.learned)


def _length(engine: Engine, claim: Claims, calendar: str | None, issues: list[Issue]) -> Reconciled:
    """Set what the clock of an agreement counted beside the clock of our policy of the same name."""
    figure = claim.figure
    found = lengths(engine, names=claim.names, calendar=calendar, policy=figure.agreement, business=figure.way.business)
    if not found.stated:
        advice = f"Maybe import {_policy(figure)}: until then ours is the time until solved, without waiting for the customer."
        issues.append(Issue("no-agreement", Severity.WARNING, f"{figure.vendor} {figure.name}", "", advice))
    judged = judge(claim.values, ours=found.ours, others=found.others, unit_s=figure.unit_s)
    none = np.zeros(len(claim.names), dtype=np.bool_)
    return Reconciled(figure, _cases(claim, found.ours, judged, ["clock"] * len(claim.names), none), judged.tallies)


def _policy(figure: VendorFigure) -> str:
    named = f" of a policy called {figure.agreement}" if figure.agreement else ""
    return f"sla_policies and sla_targets{named}"


def _cases(claim: Claims, ours: Floats, judged: Judged, lacks: Sequence[str], coarse: Truths) -> tuple[Compared, ...]:
    """Return every case with both figures and what is said of them."""
    made = []
    for k, (name, theirs, mine) in enumerate(zip(claim.names, claim.values.tolist(), ours.tolist(), strict=True)):
        none = math.isnan(mine)
        made.append(
            Compared(
                name=name,
                theirs=theirs,
                ours=None if none else mine,
                fit=FITS[judged.fit[k]],
                cause=judged.tallies[judged.cause[k]].codes if judged.cause[k] >= 0 else (),
                also=judged.also.get(k, ()),
                cause_fit=FITS[judged.cause_fit[k]],
                missing=lacks[k] if none or lacks[k] == _BEGINNING else "",
                coarse=bool(coarse[k]),
            )
        )
    return tuple(made)
