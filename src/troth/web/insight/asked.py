"""What a page of figures is asked for: period, sites and lines, from its address; and who may see which sites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, QueryDict
from django.utils.translation import gettext_lazy

from troth.core.spans import start_of_day
from troth.core.terms import Role
from troth.web.insight.bridge import Asked
from troth.web.insight.words import DIMENSIONS
from troth.web.people.models import Unit
from troth.web.people.rights import LEADS

#: Those who lead see figures of their units; those who look after quality too.
ROLES: Final = LEADS | {Role.QUALITY_SPECIALIST}
_QUARTER: Final = timedelta(minutes=15)
#: A member no row has: filtering by it shows nothing.
_NOBODY: Final = "\N{EMPTY SET} no site \N{EMPTY SET}"


class Period(StrEnum):
    """How far back figures go."""

    NOW = "now"
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


PERIODS: Final = {
    Period.NOW: gettext_lazy("Last hour"),
    Period.TODAY: gettext_lazy("Today"),
    Period.WEEK: gettext_lazy("7 days"),
    Period.MONTH: gettext_lazy("28 days"),
}


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at, within what somebody may see.

    Parameters
    ----------
    period : how far back.
    sites : codes of the sites chosen; empty means all that may be seen.
    queues : codes of the lines chosen; empty means all.
    by : the dimension of the comparison.
    mine : the sites somebody may see; None for who sees the whole organisation, also what lies at no site.
    zone : whose days count.
    """

    period: Period
    sites: tuple[str, ...]
    queues: tuple[str, ...]
    by: str
    mine: tuple[Unit, ...] | None
    zone: ZoneInfo

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the instants between which things count; the end is a little ahead, so that all up to now does."""
        past = now.timestamp() // _QUARTER.total_seconds() * _QUARTER.total_seconds()
        end = datetime.fromtimestamp(past, tz=self.zone) + _QUARTER
        today = now.astimezone(self.zone).date()
        tomorrow = start_of_day(today + timedelta(days=1), tz=self.zone)
        back = {Period.TODAY: 0, Period.WEEK: 6, Period.MONTH: 27}
        if self.period is Period.NOW:
            return end - timedelta(hours=1) - _QUARTER, end
        return start_of_day(today - timedelta(days=back[self.period]), tz=self.zone), tomorrow

    def where(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the filter: never wider than what may be seen."""
        sites = self.sites
        if not sites and self.mine is not None:
            sites = tuple(sorted(unit.code for unit in self.mine)) or (_NOBODY,)
        filters = (("site", sites), ("queue", self.queues))
        return tuple((dim, members) for dim, members in filters if members)

    def ask(self, kpis: Iterable[str], *, now: datetime, **more: Any) -> Asked:
        """Return the question for some KPIs, by their canonical variants."""
        start, end = self.span(now)
        names = tuple(name if "/" in name else f"{name}/" for name in kpis)
        return Asked(kpis=names, start=start, end=end, where=self.where(), time_zone=str(self.zone), **more)

    def settled(self, kpis: Iterable[str], *, now: datetime) -> Asked:
        """Return the question for KPIs by name, of the four weeks that ended a week ago: what followed them is known."""
        today = now.astimezone(self.zone).date()
        start, end = (start_of_day(today - timedelta(days=back), tz=self.zone) for back in (35, 7))
        names = tuple(name if "/" in name else f"{name}/" for name in kpis)
        return Asked(kpis=names, start=start, end=end, where=self.where(), time_zone=str(self.zone))

    def address(self, **changes: Any) -> str:
        """Return the query of the address that shows this, with some of it changed."""
        view = replace(self, **changes)
        told: list[tuple[str, str]] = [("period", view.period)] if view.period is not Period.TODAY else []
        told += [("site", code) for code in view.sites] + [("queue", code) for code in view.queues]
        told += [("by", view.by)] if view.by != "site" else []
        return "?" + urlencode(told)

    def sees(self, sites: Iterable[str | None]) -> bool:
        """Tell whether somebody may see all of some sites; only who sees everything sees what lies at none."""
        if self.mine is None:
            return True
        allowed = {unit.code for unit in self.mine}
        found = set(sites)
        return bool(found) and found <= allowed


def view_of(user: Any, asked: QueryDict) -> View:
    """Return what a request looks at.

    Raises
    ------
    Http404 : it names a site the person may not see, or none that is.
    """
    units = Unit.objects.where(user, *ROLES)
    top = units.order_by("path").first()
    mine = tuple(units.sites().order_by("title"))
    sites = _chosen(asked.getlist("site"), [unit.code for unit in mine])
    zones = {str(unit.zone) for unit in mine if not sites or unit.code in sites}
    zone = ZoneInfo(zones.pop()) if len(zones) == 1 else top.zone if top else ZoneInfo("UTC")
    word = asked.get("period", "")
    by = asked.get("by", "")
    whole = top is not None and top.parent_id is None
    return View(
        period=Period(word) if word in set(Period) else Period.TODAY,
        sites=sites,
        queues=tuple(sorted({code for code in asked.getlist("queue") if code and code.isprintable()})),
        by=by if by in DIMENSIONS else "site",
        mine=None if whole else mine,
        zone=zone,
    )


def sites_for(user: Any) -> Sequence[Unit]:
    """Return the sites somebody may choose from."""
    return list(Unit.objects.where(user, *ROLES).sites().filter(closed_on=None).order_by("title"))


def _chosen(asked: list[str], allowed: list[str]) -> tuple[str, ...]:
    wanted = {code for code in asked if code}
    if wanted - set(allowed):
        raise Http404
    return tuple(sorted(wanted))
