"""The table of rights, tried whole: every role x every page x own and another unit x looking and changing.

The table is `troth.web.people.rights.PAGES`, which `page(...)` fills. A page that is not in it fails here; so does a
page about a kind of row of which `tests/web/samples.py` knows no sample.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter
from django.views.generic import RedirectView

from tests.web import cast
from tests.web.samples import SAMPLES
from troth.core.terms import Role
from troth.web.people.models import Unit
from troth.web.people.rights import ANYBODY, PAGES, SIGNED_IN, PageRight


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep thousands of refusals, which are what is tried here, out of the report."""
    log = logging.getLogger("django.request")
    log.addFilter(_nothing)
    yield
    log.removeFilter(_nothing)


def _nothing(_record: logging.LogRecord) -> bool:
    return False


#: What an argument of a route is when the page is not about it, where nothing general will do.
ARGUMENTS = {"form": "csv", "key": "MQ-set-password", "uidb36": "1", "language": "lt", "provider_id": "none"}


@dataclass(frozen=True, slots=True)
class Reached:
    """A page with the pattern that leads to it."""

    right: PageRight
    pattern: URLPattern

    def arguments(self, thing: Any) -> dict[str, Any]:
        """Return arguments with which the page is opened about a thing."""
        about = self.right.about
        given = {name: _sample(name, kind) for name, kind in self.pattern.pattern.converters.items()}
        given |= {
            name: ARGUMENTS.get(name, "x")
            for name in (getattr(self.pattern.pattern, "regex", None) and self.pattern.pattern.regex.groupindex) or ()
            if name not in given
        }
        if about is not None:
            value = thing
            for step in about.by.split("__"):
                value = getattr(value, step)
            given[about.arg or about.by] = value
        return given


def _sample(name: str, kind: Any) -> Any:
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if isinstance(kind, IntConverter):
        return 1
    return uuid.UUID(int=7) if isinstance(kind, UUIDConverter) else "x"


def _patterns(resolver: URLResolver, space: str | None = None) -> Iterator[tuple[str | None, URLPattern]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from _patterns(one, one.namespace or space)
        else:
            yield space, one


def _redirects(pattern: URLPattern) -> bool:
    """Tell whether a pattern only leads to another page, as the sign-in library keeps its old addresses."""
    return getattr(pattern.callback, "view_class", None) is RedirectView


PATTERNS = [one for space, one in _patterns(get_resolver()) if space is None and not _redirects(one)]
#: Calls of the API, which take a key and nobody's session; what describes them is open.
CALLS = [
    one for space, one in _patterns(get_resolver()) if space == "api" and one.name not in {"openapi-json", "api-root"}
]


def reached() -> list[Reached]:
    """Return the pages that are not open to everybody; those of the sign-in library check by themselves."""
    ours = [one for one in PATTERNS if one.name in PAGES]
    return [
        Reached(right=PAGES[str(one.name)], pattern=one)
        for one in ours
        if PAGES[str(one.name)].sees != ANYBODY and "allauth" not in str(getattr(one.callback, "__module__", ""))
    ]


def test_every_page_is_in_the_table() -> None:
    """Whoever adds a page must say who may open it."""
    lost = "\n".join(f"{one.name}: {one.pattern}" for one in PATTERNS if one.name not in PAGES)
    assert not lost, f"{lost}\ndeclare them with page(route, view, name, needs=...) of people/rights.py"


def test_the_table_holds_no_page_that_is_gone() -> None:
    """A line without a page would promise something about nothing."""
    assert set(PAGES) - {one.name for one in PATTERNS} == set()


def test_every_kind_of_row_has_a_sample() -> None:
    """A page about something can be tried only with one."""
    kinds = {one.about.model for one in PAGES.values() if one.about is not None}
    assert kinds - set(SAMPLES) == set(), "add them to tests/web/samples.py"


def test_pages_for_everybody_change_nothing_for_everybody() -> None:
    """A page that anybody may read and only some may change would tell strangers apart by what they post."""
    assert [one.name for one in PAGES.values() if one.sees == ANYBODY and one.changes != ANYBODY] == []


def test_arguments_of_pages_for_roles_are_things_with_rights() -> None:
    """An address that names a row says what it is about; where it does not, the view's own test shows what is hidden."""
    found = {
        one.right.name
        for one in reached()
        if one.right.about is None
        and one.right.sees != SIGNED_IN
        and not one.right.whole
        and set(one.arguments(None)) - {"form"}
    }
    assert found - set(VIEWED) == set(), "declare them with about=About(...), or say here why not"


#: Pages for roles with an address that names nothing in a unit, or whose views find the row by `visible_to`.
VIEWED: dict[str, str] = {
    "people_sheet": "names a kind of sheet",
    "people_file": "names a kind of sheet",
    "service": "the catalogue is for all who work here",
    "insight_explain": "names a figure; its rows are of the sites one sees (tests/web/insight)",
    "insight_case": "a case of the log, shown if its sites are among those one sees (tests/web/insight)",
}


@dataclass(slots=True)
class World:
    """Things in one's own unit and in another, one of each kind."""

    own: dict[str, Any]
    other: dict[str, Any]

    def thing(self, page: Reached, *, own: bool) -> Any:
        """Return what a page is tried with."""
        about = page.right.about
        return (self.own if own else self.other)[about.model] if about is not None else None


@pytest.fixture
def world(company: cast.Company) -> World:
    """Return the things of Vilnius and of Klaipėda."""

    def things(where: Unit) -> dict[str, Any]:
        kinds = {one.about.model for one in PAGES.values() if one.about is not None}
        return {name: make(company, where) for name, make in SAMPLES.items() if name in kinds}

    return World(own=things(company.vilnius), other=things(company.klaipeda))


def _expected(page: Reached, role: str | None, method: str, *, own: bool, top: bool = False) -> set[int] | None:
    """Return the answers that are right; None for any that is neither a refusal nor a failure."""
    needed = page.right.needed(method)
    if role is None:
        return {302, 401}
    if page.right.about is not None and not own:
        return {404}
    if page.right.whole and method == "POST" and not top:
        return {403}
    if needed == SIGNED_IN or role in needed:
        return None
    return {403}


def _try(client: Client, page: Reached, world: World, method: str, *, own: bool) -> HttpResponseBase:
    """Open a page; what it changes is taken back."""
    address = reverse(str(page.pattern.name), kwargs=page.arguments(world.thing(page, own=own)))
    with transaction.atomic():
        answer = client.generic(method, address)
        transaction.set_rollback(True)
    return answer


def _wrongs(client: Client, world: World, role: str | None) -> list[str]:
    found = []
    for page in reached():
        for method in ("GET", "POST"):
            for own in (True, False) if page.right.about is not None else (True,):
                answer = _try(client, page, world, method, own=own)
                right = _expected(page, role, method, own=own)
                status = answer.status_code
                fine = status in right if right is not None else status < 500 and status not in {401, 403}
                if fine and status == 302 and role is None:
                    fine = "/accounts/login" in answer["Location"]
                if not fine:
                    place = "own" if own else "other"
                    found.append(f"{role} {method} {page.right.name} ({place}): {status}, not {right or 'an answer'}")
    return found


@pytest.mark.parametrize("role", [str(role) for role in Role])
def test_a_role_opens_its_pages_in_its_unit_and_no_others(company: cast.Company, world: World, role: str) -> None:
    """Role x page x object x method: what is elsewhere is not there, what is here and not theirs is refused."""
    person = cast.person("Rita Role", (Role(role), company.vilnius))
    assert _wrongs(cast.signed_in(person), world, role) == []


def test_what_belongs_to_all_is_changed_from_the_top(company: cast.Company, world: World) -> None:
    """A role at the top changes what belongs to the whole organisation, where the page is of that role."""
    pages = [one for one in reached() if one.right.whole]
    assert pages
    for role in Role:
        client = cast.signed_in(cast.person(f"T{role} Top", (role, company.bank)))
        for page in pages:
            status = _try(client, page, world, "POST", own=True).status_code
            allowed = _expected(page, str(role), "POST", own=True, top=True) is None
            assert (status == 403) is not allowed, f"{role} {page.right.name}: {status}"


def test_a_visitor_is_asked_to_sign_in(world: World) -> None:
    """Nobody in particular sees nothing, and learns nothing about what there is."""
    assert _wrongs(Client(), world, None) == []


def test_a_stranger_sees_nothing(company: cast.Company, world: World) -> None:
    """Dan can sign in and has no role: no page about anything is there, and none for a role is his."""
    client = cast.signed_in(company.dan)
    found = {}
    for page in reached():
        if page.right.sees == SIGNED_IN and page.right.about is None:
            continue
        for method in ("GET", "POST"):
            status = _try(client, page, world, method, own=True).status_code
            if status != (404 if page.right.about is not None else 403):
                found[f"{method} {page.right.name}"] = status
    assert found == {}


def test_the_api_opens_to_keys_alone(company: cast.Company, world: World) -> None:
    """No call without a key, none by the session of a browser, none with a key about another unit's branch."""
    spaces = {space for space, _one in _patterns(get_resolver())}
    assert spaces == {None, "api"}, "a new namespace is tried by nobody here"
    theirs = SAMPLES["flow.Branch"](company, company.klaipeda)
    secrets = [cast.key(company.vilnius, role=role)[1] for role in Role]
    wrong = []
    for call in CALLS:
        given = {
            name: theirs.token if name == "token" else _sample(name, kind)
            for name, kind in call.pattern.converters.items()
        }
        address = reverse(f"api:{call.name}", kwargs=given)
        for method in ("GET", "POST"):
            for client in (Client(), cast.signed_in(company.ada)):
                status = client.generic(method, address, "{}", content_type="application/json").status_code
                wrong += [f"{method} {call.name} without a key: {status}"] if status not in {401, 405} else []
            for secret in secrets:
                answer = Client().generic(
                    method,
                    address,
                    "{}",
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {secret}"},
                )
                fine = {401, 403, 404, 405, 422}
                wrong += [f"{method} {call.name}: {answer.status_code}"] if answer.status_code not in fine else []
    assert wrong == []


def test_a_role_that_ended_opens_nothing(company: cast.Company, world: World) -> None:
    """Yesterday's administrator is a stranger."""
    person = cast.person("Yana Yesterday", (Role.ADMINISTRATOR, company.bank))
    person.memberships.update(valid_to=cast.DAY)
    client = cast.signed_in(person)
    assert client.get(reverse("people")).status_code == 403
    assert client.get(reverse("unit", kwargs={"code": "vilnius"})).status_code == 404
