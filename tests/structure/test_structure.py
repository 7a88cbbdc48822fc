"""The shape of the code: imports go downward, files and functions stay short, the public list is true."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT

import chipgate
from chipgate.cli.main import app

SOURCE = ROOT / "src" / "chipgate"
FILES = sorted(SOURCE.rglob("*.py"))
LAYERS = (
    ("errors", "units", "timegrid", "registry"),
    ("schema",),
    ("catalogue",),
    ("news",),  # it resolves names to the catalogue's firms, chips and acts, so it stands just above
    ("rules", "arrays"),
    ("workload", "market"),
    ("setup",),
    ("metrics",),
    ("targets",),
    ("game", "planning", "results"),
    ("inference",),
    ("scoring",),
    ("plots",),
    ("report",),
    ("api",),
    ("app",),
    ("cli",),
    ("docs_hazards", "docs_workload"),
    ("docs",),
)
"""From the bottom to the top, as the design has them; a layer sees the layers above it in this list and itself."""
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
MOST_LINES, MOST_FUNCTION_LINES = 400, 80
CLOCK = re.compile(r"\b(date\.today|datetime\.(now|utcnow|today)|time\.(time|localtime|gmtime|strftime|monotonic))\b")


def layer_of(path: Path) -> str | None:
    """Layer of a file; ``None`` for the package's own ``__init__``, which only forwards names."""
    name = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    return None if name == "__init__" else name


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module of the package that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "chipgate" else [module]
            yield from ((node.lineno, name) for name in names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module":
            yield from ((node.lineno, str(a.value)) for a in node.args if isinstance(a, ast.Constant))


def functions(path: Path) -> Iterator[Any]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def tracked() -> list[Path]:
    """Files that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for name in listed if (path := ROOT / name).is_file()]


def test_every_layer_is_known() -> None:
    found = {layer for path in FILES if (layer := layer_of(path))}
    assert found <= set(RANK), "give the new layer its place in LAYERS"
    assert found >= {"errors", "units", "timegrid", "schema", "catalogue", "rules", "api", "cli"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_downward(path: Path) -> None:
    own = layer_of(path)
    for line, module in imports(path):
        parts = module.split(".")
        if parts[0] != "chipgate" or own is None:
            continue
        assert len(parts) > 1, f"{path.name}:{line} imports the whole package"
        other = parts[1]
        below = other == own or RANK[other] < RANK[own] or (other == "errors" and own in LAYERS[0])
        assert below, f"{path.relative_to(SOURCE)}:{line} ({own}) imports {module}"


def test_no_two_modules_import_each_other() -> None:
    names = {
        ".".join(("chipgate", *p.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__"): p for p in FILES
    }
    edges = {
        name: {module for _, module in imports(path) if module in names and module != name}
        for name, path in names.items()
        if name != "chipgate"
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in sorted(edges.get(name, ())):
                visit(other, (*trail, name))
            done.add(name)

    for name in edges:
        visit(name, ())


@pytest.mark.parametrize("folder", ["src", "tests"])
def test_files_stay_short(folder: str) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert lengths
    assert {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > MOST_LINES} == {}


def test_functions_stay_short() -> None:
    found = {
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in FILES
        for node in functions(path)
    }
    assert len(found) > 200
    assert {name: lines for name, lines in found.items() if lines > MOST_FUNCTION_LINES} == {}


def test_the_public_list_is_true() -> None:
    assert sorted(chipgate.__all__) == sorted(set(chipgate.__all__))
    for name in chipgate.__all__:
        value = getattr(chipgate, name)
        assert value.__doc__, name
        assert value.__doc__.strip(), name
    assert set(chipgate.__all__) <= set(dir(chipgate))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = chipgate.nothing


def test_type_checkers_see_the_public_list() -> None:
    """What is forwarded at run time is what is imported for type checkers, from the same module."""
    tree = ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.name: node.module
        for block in ast.walk(tree)
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {attribute: module for module, attribute in chipgate._PUBLIC.values()} == typed


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_clock_and_no_eval(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("eval", "exec", "compile", "__import__"), f"{path.name}:{node.lineno}"
            assert not CLOCK.search(called), f"{path.name}:{node.lineno} reads the clock"


def test_the_clock_check_notices() -> None:
    assert CLOCK.search("datetime.date.today")
    assert CLOCK.search("date.today")
    assert CLOCK.search("time.time")
    assert not CLOCK.search("timegrid.parse_day")


def test_tracked_files_name_no_place_of_one_machine() -> None:
    marks = ("../" + "shared", "/work" + "/main", "/work" + "/shared", "/ho" + "me/", "/Us" + "ers/")
    found = []
    files = tracked()
    assert len(files) > 150
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {mark}" for mark in marks if mark in re.sub(r"https?://\S+", "", text)]
    assert found == []


def test_the_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    used = set(re.findall(r"\bmake ([a-z]+)\b", readme))
    assert {"run", "test"} <= used
    assert used <= targets


def test_the_chipgate_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"^\s*\$? ?(?:\.venv/bin/)?chipgate ([a-z-]+)\b", readme, re.MULTILINE))
    assert used
    assert used <= {
        "data",
        "forecast",
        *(str(c.name or getattr(c.callback, "__name__", "")) for c in app.registered_commands),
    }


def test_names_of_test_files_are_unique() -> None:
    """Folders of tests are no packages, so two files of one name cannot be collected together."""
    names = [path.name for path in tracked() if path.name.startswith("test_") and path.suffix == ".py"]
    assert sorted(names) == sorted(set(names))
