"""Money of a house by its tables: its currency, what others are worth, rate cards, fees of retainers, what deals offer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from troth.capacity.projects.portfolio._lake_days import Row, Tables, holds, spans_of
from troth.capacity.projects.portfolio._tell import info, warning
from troth.capacity.projects.portfolio.rates import ChargeRate, ExchangeRate
from troth.capacity.projects.portfolio.work import ContractKind, Deal, Project
from troth.core.decision import Issue


def currency_of(tables: Tables) -> str:
    """Return the house's own currency: what others are worth is told in it, else most people's hours cost in it."""
    used = Counter(row["home"] for row in tables.get("exchange_rates", ()) if row["home"])
    used = used or Counter(row["currency"] for row in tables["rates"] if row["currency"])
    used = used or Counter(
        row["currency"] for name in ("rate_cards", "projects") for row in tables[name] if row["currency"]
    )
    return max(sorted(used), key=lambda name: used[name]) if used else "EUR"


def card_of(tables: Tables, *, currency: str) -> tuple[ChargeRate, ...]:
    """Return what customers pay for an hour.

    Parameters
    ----------
    currency : of the house: rates in it are written without.
    """
    by: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in tables["rate_cards"]:
        by[row["role"] or "", row["customer_id"] or ""].append(row)
    return tuple(
        ChargeRate(
            int(row["cents_per_hour"]), _written(row["currency"], currency), customer_id=customer, role=role,
            first=row["valid_from"], until=until,
        )
        for (role, customer), some in sorted(by.items())
        for _, until, row in spans_of(some)
        if row["cents_per_hour"] is not None
    )  # fmt: skip


def _written(name: str | None, home: str) -> str:
    return "" if name == home else name or ""


def exchange_of(tables: Tables, *, currency: str, issues: list[Issue]) -> tuple[ExchangeRate, ...]:
    """Return what other currencies are worth in the house's own; a row holds until the next begins, whenever it ends."""
    by: dict[str, list[Row]] = defaultdict(list)
    strange = Counter[str]()
    for row in tables.get("exchange_rates", ()):
        if not row["currency"] or row["worth"] is None:
            advice = "Maybe a cell was left out; the row is passed over."
            shown = f"{row['currency']} {row['worth']}"
            issues.append(warning("bad-value", where=f"exchange_rates {row['currency']}", value=shown, advice=advice))
        elif (row["home"] or currency) != currency:
            strange[row["home"]] += 1
        else:
            by[row["currency"]].append(row)
    for home, many in sorted(strange.items()):
        advice = f"Maybe rows in {currency} are to be added: it is the house's own, as most rows say."
        issues.append(warning("other-home", where="exchange_rates", value=home, advice=advice, count=many))
    out = []
    for name, rows in sorted(by.items()):
        spans = spans_of(rows)
        out += [ExchangeRate(name, float(row["worth"]), row["valid_from"]) for _, _, row in spans]
        for (_, until, _), after in zip(spans, [*spans[1:], None], strict=True):
            if until is not None and (after is None or until < after[0]):
                advice = "Maybe add what it is worth from then on; until then the last rate is taken."
                issues.append(warning("rate-ends", where=f"exchange_rates {name}", value=until, advice=advice))
    return tuple(out)


def with_fees(projects: Sequence[Project], *, tables: Tables, day: date, issues: list[Issue]) -> tuple[Project, ...]:
    """Return projects with the fee of a month where they are retainers, and how long those run."""
    by = _by(tables, "retainers", "project")
    known = {one.project_id: one for one in projects}
    for name in sorted(by.keys() & known.keys()):
        if known[name].kind is not ContractKind.RETAINER:
            advice = "Maybe contract_kind of the project is to be retainer: the fee is passed over."
            shown = known[name].kind
            issues.append(warning("no-retainer", where=f"retainers {name}", value=shown, advice=advice))
    return tuple(
        _with_fee(one, spans_of(by[one.project_id]), day, issues)
        if one.kind is ContractKind.RETAINER and one.project_id in by
        else one
        for one in projects
    )


def _with_fee(
    one: Project, spans: Sequence[tuple[date, date | None, Row]], day: date, issues: list[Issue]
) -> Project:  # fmt: skip
    if not spans:
        return one
    held = next((row for first, until, row in spans if until is None or day < until), spans[-1][2])
    later = [first for first, _, row in spans if first > day and row["cents_per_month"] != held["cents_per_month"]]
    if later:
        advice = "Maybe plan again then: until the end the fee of today is taken."
        issues.append(info("fee-changes", where=f"retainers {one.project_id}", value=later[0], advice=advice))
    first, last = spans[0][2]["valid_from"], spans[-1][1]
    return replace(
        one, price_cents=None if held["cents_per_month"] is None else int(held["cents_per_month"]),
        currency=held["currency"] or one.currency, earliest=one.earliest or first,
        deadline=one.deadline if last is None else last - timedelta(days=1),
    )  # fmt: skip


def with_offers(deals: Sequence[Deal], *, tables: Tables, day: date, issues: list[Issue]) -> tuple[Deal, ...]:
    """Return deals with what is offered in them as known before a day: kind, price, and when they are to be decided."""
    by = _by(tables, "deals", "deal")
    out = []
    for one in deals:
        rows = [row for row in by.get(one.deal_id, ()) if (row["valid_from"] or date.min) < day]
        # What was known on the day before: later rows are of the future.
        held = [row for row in rows if holds(row, day=day - timedelta(days=1))]
        out.append(_with_offer(one, max(held, key=lambda row: row["valid_from"] or date.min), issues) if held else one)
    return tuple(out)


def _with_offer(one: Deal, row: Row, issues: list[Issue]) -> Deal:
    kind, kinds = row["contract_kind"], set(ContractKind)
    if kind and kind not in kinds:
        advice = f"Maybe one of {', '.join(sorted(kinds))}; taken as {one.kind}."
        issues.append(warning("bad-value", where=f"deals {one.deal_id}", value=kind, advice=advice))
    return replace(
        one, kind=ContractKind(kind) if kind in kinds else one.kind,
        price_cents=one.price_cents if row["price_cents"] is None else int(row["price_cents"]),
        currency=row["currency"] or one.currency, closes=row["closes_date"] or one.closes,
    )  # fmt: skip


def _by(tables: Tables, name: str, key: str) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = defaultdict(list)
    for row in tables.get(name, ()):
        out[row[key]].append(row)
    return out
