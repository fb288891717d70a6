"""What a foreign log's step names mean: a small dictionary from step to activity."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, Final

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import ACTIVITIES, Flow

#: Which way the activities go that only go one way.
DIRECTIONS: Final = {"message_received": str(Flow.IN), "message_sent": str(Flow.OUT)}


def load_steps(mapping: str | None) -> dict[str, str]:
    """Return the `steps` of a mapping: foreign step name to activity; empty without a mapping.

    Parameters
    ----------
    mapping : a shipped mapping's name or a YAML file's path.

    Raises
    ------
    InputError
        If it cannot be read, has no `steps`, or names an activity that there is not.
    """
    if mapping is None:
        return {}
    import yaml

    path = Path(mapping)
    try:
        if path.suffix in {".yaml", ".yml"} or path.exists():
            text = path.read_text(encoding="utf-8")
        else:
            text = (resources.files("troth.log") / "mappings" / f"{path.name}.yaml").read_text(encoding="utf-8")
        plain: Any = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError([_issue("bad-mapping", mapping, str(error)[:200], "Maybe the name is misspelt.")]) from error
    steps = plain.get("steps") if isinstance(plain, dict) else None
    if not isinstance(steps, dict):
        advice = "Maybe this mapping is for tables; for XES and OCEL write `steps:` with `step name: activity`."
        raise InputError([_issue("bad-mapping", mapping, "", advice)])
    wrong = [
        _issue("unknown-activity", f"{mapping}: steps: {step}", str(activity), "Maybe see `docs/reference/events.md`.")
        for step, activity in steps.items()
        if activity not in ACTIVITIES
    ]
    if wrong:
        raise InputError(wrong)
    return {str(step): str(activity) for step, activity in steps.items()}


def _issue(code: str, where: str, value: str, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, value, advice)
