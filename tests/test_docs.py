"""The reference pages are what the program would write, and leave out no command."""

import re
import shutil
from pathlib import Path

import pytest
from helpers import ROOT, embedded

from chipgate import docs, docs_workload
from chipgate.setup.scenario import resolve


def test_pages_are_not_stale() -> None:
    assert docs.stale() == [], "run `python -m chipgate.docs`"


def test_every_command_is_documented() -> None:
    text = (docs.FOLDER / "cli.md").read_text(encoding="utf-8")
    paths = [path for path, _ in docs.command_help()]
    assert {"chipgate", "chipgate classify", "chipgate data check"} <= set(paths)
    for path in paths:
        assert f"\n## {path}\n" in text, f"{path} has no section in docs/reference/cli.md"


def test_every_command_says_what_it_does() -> None:
    for path, text in docs.command_help():
        about = [line for line in text.splitlines()[1:] if line.strip()]
        assert about, path
        assert not about[0].startswith(("Options", "Arguments", "Commands")), path


def test_a_changed_and_a_missing_page_are_stale(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    shutil.copytree(docs.FOLDER, folder)
    assert docs.stale(folder) == []
    (folder / "chips.md").write_text("# Chips\n", encoding="utf-8")
    (folder / "events.md").unlink()
    assert docs.stale(folder) == ["chips.md", "events.md"]


def test_check_names_the_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "stale", lambda: ["chips.md"])
    monkeypatch.setattr(docs_workload, "stale", lambda data, folder: ["workload.md"])
    assert docs.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "docs/reference/chips.md" in said
    assert "docs/workload.md" in said
    with pytest.raises(SystemExit):
        docs.main(["--wrong"])


@pytest.mark.parametrize("page", ["README.md", "docs/adding.md"])
def test_scenarios_shown_in_pages_resolve(page: str, tmp_path: Path) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    blocks = [block for block in shown if "\nextends: " in block]
    assert blocks
    for block in blocks:
        path = tmp_path / f"{block.split()[1]}.yaml"
        path.write_text(block, encoding="utf-8")
        assert resolve(embedded(), str(path)).settings.values
