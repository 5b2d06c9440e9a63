"""The house as the design draws it: which way imports run, who may touch what, how large a room may be."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "mixer", "signaling")
ALLOWED_BETWEEN = {("bot", "signaling"), ("bot", "mixer")}
LONGEST_FILE = 300
LONGEST_FUNCTION = 40
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "tools"}

# Who may import what: the peer module owns aiortc, and two rooms encode.
OWNERS = {
    "aiortc": ("signaling/peer/",),
    "aioice": ("signaling/peer/",),
    "pylibsrtp": ("signaling/peer/",),
    "cv2": ("mixer/", "signaling/rehearsal/", "bot/library/"),
    "click": ("bot/", "signaling/rehearsal/"),
    "structlog": ("bot/",),
}
ENCODERS = ("mixer/output/", "signaling/rehearsal/")
TOP_LEVEL = {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "bot", "mixer", "signaling", "tests", "scripts"}


@cache
def sources() -> dict[str, ast.Module]:
    """Every product file's syntax tree, by its path from the root."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in sorted(paths)}


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports_of(path: str) -> Iterator[str]:
    """Absolute names of the modules that a file imports, at any depth."""
    known = {module_name(other) for other in sources()}
    for node in ast.walk(sources()[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; name the module in full"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in known else node.module


def graph() -> dict[str, set[str]]:
    known = {module_name(path) for path in sources()}
    return {module_name(path): {name for name in imports_of(path) if name in known} for path in sources()}


def test_imports_between_packages_run_one_way() -> None:
    """The bot knows signaling and the mixer; those two know neither it nor each other."""
    crossings = {
        (module.split(".")[0], target.split(".")[0], module, target)
        for module, targets in graph().items()
        for target in targets
    }
    wrong = [f"{m} -> {t}" for a, b, m, t in sorted(crossings) if a != b and (a, b) not in ALLOWED_BETWEEN]
    assert not wrong


def test_no_import_circles() -> None:
    """No file imports itself by way of others."""
    edges = graph()
    done: set[str] = set()

    def walk(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module in done:
            return
        for target in edges[module]:
            walk(target, (*trail, module))
        done.add(module)

    for module in edges:
        walk(module, ())


@pytest.mark.parametrize("library", OWNERS)
def test_libraries_stay_with_their_owners(library: str) -> None:
    """A library with traps is imported in the rooms that know the traps."""
    users = [path for path in sources() if any(name.split(".")[0] == library for name in imports_of(path))]
    assert [path for path in users if not path.startswith(OWNERS[library])] == []


def test_only_the_output_and_the_generated_room_encode() -> None:
    """`add_stream`, a codec context opened for writing or a container opened for writing appear in two rooms only."""
    offenders = []
    for path, tree in sources().items():
        if path.startswith(ENCODERS):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            texts = [a.value for a in (*node.args, *(k.value for k in node.keywords)) if isinstance(a, ast.Constant)]
            opens_av = isinstance(node.func.value, ast.Name | ast.Attribute) and ast.unparse(
                node.func.value
            ).startswith("av")
            opens_av = opens_av or "CodecContext" in ast.unparse(node.func)
            if node.func.attr in {"add_stream", "add_stream_from_template"} or (opens_av and "w" in texts):
                offenders.append(f"{path}:{node.lineno}")
    assert offenders == []


def test_private_parts_of_aiortc_are_named_in_one_file() -> None:
    """No file but the seam reaches for an underscore name of another object's aiortc or aioice."""
    offenders = []
    for path, tree in sources().items():
        if not path.startswith("signaling/peer/") or path.endswith("/seam.py"):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
                continue
            if not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}):
                offenders.append(f"{path}:{node.lineno} {ast.unparse(node)}")
    assert offenders == []


def test_files_and_functions_stay_small() -> None:
    """A file is one noun that can be read at a sitting."""
    long_files = [
        f"{path}: {count} lines"
        for path in sources()
        if (count := len((ROOT / path).read_text().splitlines())) > LONGEST_FILE
    ]
    long_functions = [
        f"{path}:{node.lineno} {node.name}: {length} lines"
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long_files == []
    assert long_functions == []


def test_names_say_what_is_inside() -> None:
    """No drawer for leftovers, and no file that hides a module of the standard library."""
    assert [path for path in sources() if Path(path).stem in VAGUE_NAMES or Path(path).parent.name in VAGUE_NAMES] == []


def test_top_level_is_fixed() -> None:
    """The root of the checkout holds what the design lists and nothing else."""
    tracked = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in tracked if not name.endswith(".egg-info")} <= TOP_LEVEL
