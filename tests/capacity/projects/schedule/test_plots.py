"""The picture: a line a person, a colour a skill, absences and broken rules where they are."""

from __future__ import annotations

from types import SimpleNamespace

from tests.capacity.projects.schedule.problems import act, house, who
from tests.capacity.projects.schedule.test_rules import GOOD, TEAM
from troth.capacity.projects.schedule import ScheduleProblem, SkillAssignment
from troth.capacity.projects.schedule.plots import gantt


def _made(starts: dict[str, int], team: tuple[tuple[str, str, str], ...] = TEAM) -> SimpleNamespace:
    return SimpleNamespace(starts=starts, work=tuple(SkillAssignment(*one) for one in team))


def test_every_stretch_of_work_is_a_bar_at_its_person() -> None:
    """Base, length and line of each bar are the plan's, and its words name activity, person and skill."""
    figure = gantt(house(), plan=_made(GOOD))
    lines = list(figure.layout.yaxis.ticktext)
    bars = {
        (lines[y], text): (base, x)
        for one in figure.data
        if one.name in ("cable", "paint")
        for y, text, base, x in zip(one.y, one.text, one.base, one.x, strict=True)
    }
    assert bars == {
        ("ada", "wire"): (1, 3),
        ("ben", "wire"): (1, 3),
        ("ada", "first coat"): (4, 3),
        ("eve", "doors"): (0, 4),
    }
    assert figure.layout.annotations[0].text == "all done after 7 days"
    assert not any(one.name == "rule broken" for one in figure.data)


def test_absences_milestones_and_what_needs_nobody_are_shown() -> None:
    """Hatched up to the end of the plan; diamonds and outlined bars in a line of their own."""
    problem = ScheduleProblem((act("go", 0), act("dry", 3), act("a", 2, cable=1)), (who("ada", "cable", (2, 99)),))
    figure = gantt(problem, plan=_made({"go": 0, "dry": 0, "a": 0}, (("a", "ada", "cable"),)))
    by_name = {one.name: one for one in figure.data}
    assert (by_name["away"].base[0], by_name["away"].x[0]) == (2, 1)
    assert list(by_name["milestone"].x) == [0]
    assert by_name["nobody needed"].text[0] == "dry"


def test_a_broken_rule_is_marked_at_its_person_in_words() -> None:
    """A cross at the person, with the rule's sentence; names are not read as markup."""
    figure = gantt(house(), plan=_made(GOOD, (*TEAM[:3], ("doors", "ada", "paint"))))
    (marks,) = [one for one in figure.data if one.name == "rule broken"]
    assert "at one activity at a time" in marks.customdata[0]
    assert list(figure.layout.yaxis.ticktext)[marks.y[0]] == "ada"
    odd = ScheduleProblem((act("<b>", 1, cable=1),), (who("<i>x", "cable"),))
    figure = gantt(odd, plan=_made({"<b>": 0}, (("<b>", "<i>x", "cable"),)))
    assert "<b>" not in figure.data[0].text[0]
