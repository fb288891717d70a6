"""The reference page of the API, from its OpenAPI description."""

from __future__ import annotations

import os
from typing import Any


def api_page(note: str) -> str:
    """Return the page: every call with what it takes and gives, then the shapes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.web.project.settings")
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from troth.web.api import urls  # noqa: F401  adds the calls
    from troth.web.api.door import api

    schema: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/v1/")
    lines = [
        "# The API",
        "",
        note,
        "",
        "Calls go to `/api/v1/` with `Authorization: Bearer SECRET`. See [Let programs take part](../guides/api.md).",
        "",
        "## Calls",
        "",
        "| call | does | takes | gives |",
        "|---|---|---|---|",
    ]
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            takes = _shape(call.get("requestBody", {}))
            gives = " or ".join(
                dict.fromkeys(_shape(answer) or str(code) for code, answer in call["responses"].items())
            )
            sentence = (call.get("description") or call["summary"]).split("\n")[0]
            lines.append(f"| `{method.upper()} {path.removeprefix('/api/v1')}` | {sentence} | {takes} | {gives} |")
    lines += ["", "## Shapes", ""]
    for name, shape in sorted(schema["components"]["schemas"].items()):
        if "properties" not in shape:
            continue
        lines += [f"### {name}", "", shape.get("description", ""), "", "| field | kind | needed |", "|---|---|---|"]
        needed = set(shape.get("required", ()))
        for field, kind in shape["properties"].items():
            lines.append(f"| `{field}` | {_kind(kind)} | {'yes' if field in needed else ''} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _shape(part: dict[str, Any]) -> str:
    """Return the shape a body has, as a link."""
    for content in part.get("content", {}).values():
        return _kind(content["schema"])
    return ""


def _kind(kind: dict[str, Any]) -> str:
    """Return in words what a field holds."""
    if "$ref" in kind:
        name = kind["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})" if name.endswith(("In", "Out")) else f"`{name}`"
    if "anyOf" in kind:
        return " or ".join(_kind(one) for one in kind["anyOf"])
    if kind.get("type") == "array":
        return f"list of {_kind(kind['items'])}"
    return str(kind.get("format") or kind.get("type") or "any")
