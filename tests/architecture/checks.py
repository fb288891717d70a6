"""The rules of the house as small checkers: source text in, complaints out. Each is tried on bad text by its test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "troth"

#: Rooms that compute: same input, same output, nothing else touched.
ENGINE = (
    "core",
    "charts",
    "stats",
    "log",
    "demo",
    "kpi",
    "demand",
    "queueing",
    "promise",
    "ledger",
    "capacity",
    "field",
)

CAP = 400

#: Two arguments whose order nobody can mistake, or whose types differ so that a swap is noticed: both may come by position.
PAIRS = {
    ("start", "end"), ("starts", "ends"), ("first", "last"), ("low", "high"), ("path", "options"),
    ("day", "tz"), ("instant", "tz"), ("source", "source_id"), ("function", "items"), ("mean", "sigma"),
    ("c", "p"), ("c", "_"), ("lake", "wanted"), ("lake", "table"), ("files", "schema"), ("lake", "con"),
    ("problem", "duties"), ("problem", "duty"), ("problem", "line"), ("problem", "minute"), ("text", "problem"),
    ("origin", "destination"), ("origins", "destinations"), ("seconds", "metres"),
}  # fmt: skip

_CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip
_SEEDED = {"Generator", "SeedSequence", "BitGenerator", "PCG64", "PCG64DXSM", "Philox", "SFC64", "default_rng"}
_SERIALISERS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve"}
_OUTSIDE = {"subprocess", "socket", "urllib", "requests", "http", "httpx", "ftplib", "smtplib"}
_FILE_CALLS = {
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "rmdir", "touch",
    "to_parquet", "to_csv", "to_pickle", "write_html", "write_image", "urlopen",
}  # fmt: skip


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below folders of the repository, but for migrations, which Django writes."""
    files = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in files if path.parent.name != "migrations")


def name_of(path: Path) -> str:
    """Return a path as written from the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def engine_files() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file in an engine room."""
    for room in ENGINE:
        for path in sorted((SRC / room).rglob("*.py")):
            yield path.relative_to(SRC).as_posix(), path.read_text(encoding="utf-8")


def long_file(text: str) -> list[str]:
    """Complain about a file over the cap."""
    lines = text.count("\n")
    return [f"{lines} lines, {CAP} at most"] if lines > CAP else []


def closed_lists_and_records(text: str) -> list[str]:
    """Return the names of enums, dataclasses and named tuples defined in a file."""
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef)
        and (
            any(_last(base).endswith(("Enum", "NamedTuple", "TypedDict", "Flag")) for base in node.bases)
            or any(_last(mark) == "dataclass" for mark in node.decorator_list)
        )
    ]


def loose_arguments(text: str) -> list[str]:
    """Complain about public functions that take more than their first argument, or a natural pair, by position."""
    found: list[str] = []
    for owner, function in _public_functions(ast.parse(text)):
        bound = bool(owner) and not any(_last(mark) == "staticmethod" for mark in function.decorator_list)
        given = tuple(part.arg for part in [*function.args.posonlyargs, *function.args.args])[bound:]
        if len(given) > 1 and given not in PAIRS:
            found.append(f"{owner}{function.name}")
    return found


def clocks_and_chance(text: str) -> list[str]:
    """Complain about reading the clock and about chance without a seed."""
    tree = ast.parse(text)
    found = [
        f"imports {name}"
        for name in _imports(tree)
        if name.split(".")[0] in {"random", "secrets"} and name != "random.Random"
    ]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        owner = _last(node.value)
        if (owner, node.attr) in _CLOCKS:
            found.append(f"{owner}.{node.attr}")
        if ast.unparse(node.value) in {"random", "np.random", "numpy.random"} and node.attr not in _SEEDED:
            found.append(f"random.{node.attr}")
    for call in _calls(tree):
        if _last(call.func) in {"default_rng", "Random"} and not call.args and not call.keywords:
            found.append(f"{_last(call.func)} without a seed")
        if _last(call.func) in {"uuid1", "uuid4", "urandom"}:
            found.append(_last(call.func))
    return found


def prints(text: str) -> list[str]:
    """Complain about printing and about writing to the standard streams."""
    tree = ast.parse(text)
    found = ["print" for call in _calls(tree) if isinstance(call.func, ast.Name) and call.func.id == "print"]
    streams = {("sys", "stdout"), ("sys", "stderr")}
    found += [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and (_last(node.value), node.attr) in streams
    ]
    return found


def outside_world(text: str) -> list[str]:
    """Complain about files, processes and the network."""
    tree = ast.parse(text)
    found = [f"imports {name}" for name in _imports(tree) if name.split(".")[0] in _OUTSIDE]
    return found + [_last(call.func) for call in _calls(tree) if _last(call.func) in _FILE_CALLS]


def unsafe(text: str) -> list[str]:
    """Complain about code that runs or unpacks data as code."""
    tree = ast.parse(text)
    found = [f"imports {name}" for name in _imports(tree) if name.split(".")[0] in _SERIALISERS]
    called = (call.func.id for call in _calls(tree) if isinstance(call.func, ast.Name))
    return found + [name for name in called if name in {"eval", "exec"}]


def imports_of(text: str, *, top: str) -> list[str]:
    """Return the imports of one top-level package."""
    return [name for name in _imports(ast.parse(text)) if name.split(".")[0] == top]


def mute_tests(text: str) -> list[str]:
    """Return the tests without the sentence that states their rule."""
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    return [one.name for one in functions if one.name.startswith("test_") and not ast.get_docstring(one)]


def front_door(text: str) -> set[str]:
    """Return the names an ``__init__`` hands out: explicit re-exports and the keys of a lazy table."""
    names: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            names |= {alias.asname for alias in node.names if alias.asname == alias.name}
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            names |= set(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return names


def traces(text: str) -> list[str]:
    """Complain about package indexes and paths of one machine."""
    folder = r"(?<![\w.~:/-])/(?:work|root|home|opt|Users|mnt)/\w[\w./-]*"
    index = r"(?:files\.pythonhosted\.org|\bpypi\.[a-z]+/simple|registry\.npmjs|^--(?:extra-)?index-url|^--find-links)[^\s]*"
    return re.findall(f"{folder}|{index}", text, flags=re.MULTILINE)


def _public_functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from ((f"{node.name}.", part) for part in _functions(node.body))
    yield from (("", part) for part in _functions(tree.body))


def _functions(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _last(node: ast.AST) -> str:
    """Return the last name of a dotted expression or call: `b` of ``a.b`` and of ``a.b()``."""
    if isinstance(node, ast.Call):
        return _last(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
