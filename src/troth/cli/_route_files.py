"""Files of `troth route`: problems in four forms, plans, and who says how long ways take."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError

if TYPE_CHECKING:
    from troth.field.routing import RoutingProblem, Tour
    from troth.field.routing.vroom import VroomInstance
    from troth.field.travel import TravelProvider

FORMS: Final = ("json", "vroom", "solomon", "trsp")
_MOST_BYTES: Final = 400_000_000


@dataclass(frozen=True, slots=True)
class RouteFile:
    """A problem from a file: `vroom` and `steps` only of VROOM's format."""

    problem: RoutingProblem
    issues: tuple[Issue, ...] = ()
    vroom: VroomInstance | None = None

    @property
    def steps(self) -> tuple[Tour, ...]:
        """Tours the file itself says."""
        return () if self.vroom is None else self.vroom.steps


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    InputError : it cannot be read, is no text, or too large.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(
                [Issue("too-large", Severity.ERROR, str(path), f"{path.stat().st_size:,}", "Maybe it is another file.")]
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            [Issue("cannot-read", Severity.ERROR, str(path), str(error)[:80], "Maybe it is no text in UTF-8.")]
        ) from error


def travel_of(text: str | None) -> TravelProvider | None:
    """Return who says how long ways take: of a table, ``osrm:URL``, ``valhalla:URL`` or ``roads:FILE``.

    Raises
    ------
    InputError : a file that cannot be read, an address that is none.
    """
    if text is None:
        return None
    from troth.field.travel import GreatCircle
    from troth.field.travel.matrix import GivenTimes
    from troth.field.travel.read import matrix_file, road_graph
    from troth.field.travel.servers import Osrm, Valhalla

    kind, _, rest = text.partition(":")
    if kind == "osrm" and rest:
        return Osrm(rest, fallback=GreatCircle())
    if kind == "valhalla" and rest:
        return Valhalla(rest, fallback=GreatCircle())
    if kind == "roads" and rest:
        cache = os.environ.get("TROTH_CACHE")
        return road_graph(Path(rest), cache=Path(cache) if cache else None)
    if not Path(text).is_file():
        advice = "Maybe a table (.csv, .json or .npz), osrm:URL, valhalla:URL or roads:FILE.osm.pbf."
        raise InputError([Issue("no-such-file", Severity.ERROR, "--travel", text, advice)])
    return GivenTimes(matrix_file(Path(text)))


def read_problem(path: Path, *, form: str = "json", travel: str | None = None) -> RouteFile:
    """Return the problem of a file, and what is doubtful with it.

    Raises
    ------
    InputError : everything that cannot be read, each with its place; errors of the problem.
    """
    from troth.field.routing import check, read_solomon, read_technicians
    from troth.field.routing.from_file import problem_from_json
    from troth.field.routing.vroom import problem_from_vroom

    text = read_text(path)
    provider = travel_of(travel)
    if form == "json":
        return RouteFile(*problem_from_json(text, travel=provider, name=path.name))
    if form == "vroom":
        found = problem_from_vroom(text, travel=provider)
        issues = check(found.problem)
        _refuse(issues)
        return RouteFile(found.problem, (*found.issues, *issues), found)
    if provider is not None:
        advice = "Maybe leave it out: published instances say themselves how long ways take."
        raise InputError([Issue("wrong-use", Severity.ERROR, "--travel", str(travel), advice)])
    problem = (read_solomon if form == "solomon" else read_technicians)(text, name=path.name)
    issues = check(problem)
    _refuse(issues)
    return RouteFile(problem, tuple(issues))


def _refuse(issues: list[Issue]) -> None:
    wrong = [one for one in issues if one.severity is Severity.ERROR]
    if wrong:
        raise InputError(wrong)


def read_tours(path: Path, *, file: RouteFile, form: str = "json") -> tuple[Tour, ...]:
    """Return the tours of a plan: a result of ours or one by hand, of VROOM, or in the form of a published set.

    Raises
    ------
    InputError : as for problems.
    """
    from troth.field.routing import read_technician_routes
    from troth.field.routing.from_file import tours_from_json
    from troth.field.routing.vroom import tours_from_vroom

    text = read_text(path)
    if form == "vroom" and file.vroom is not None and '"routes"' in text:
        return tours_from_vroom(text, instance=file.vroom)
    if form == "trsp" and text.lstrip().startswith("<"):
        try:
            return read_technician_routes(text, problem=file.problem)
        except (KeyError, ValueError) as error:
            advice = "Maybe routes as <technician,request,...,end|...>, by numbers of the instance."
            raise InputError([Issue("bad-line", Severity.ERROR, path.name, str(error)[:80], advice)]) from error
    if form == "solomon" and (lines := re.findall(r"^\s*Route\s*#?(\d+)\s*:\s*([\d\s]*)$", text, re.MULTILINE)):
        tours = [{"technician": who, "stops": line.split()} for who, line in lines]
        return tours_from_json({"tours": tours}, problem=file.problem, name=path.name)
    return tours_from_json(text, problem=file.problem, name=path.name)
