"""The house rules that a machine can check."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.stack import ROOT
from tools import protocol_page

# A layer imports those above it in this list, never those below.
LAYERS = [
    "store",
    "live",
    "audit",
    "accounts",
    "flags",
    "wallet",
    "visitors",
    "nearby",
    "presence",
    "leaderboard",
    "games",
    "achievements",
    "moderation",
    "people",
    "tools",
    "operators",
    "gameapp",
]
SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py") if "migrations" not in path.parts)
SCRIPTS = sorted(path for layer in LAYERS for path in (ROOT / layer).glob("lua/*.lua"))


def imports(path: Path) -> set[str]:
    """The top packages that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_run_down_the_layers_only(path):
    own = LAYERS.index(path.relative_to(ROOT).parts[0])
    above = {layer for layer in imports(path) & set(LAYERS) if LAYERS.index(layer) > own}
    assert not above


def test_a_forbidden_arrow_would_be_seen(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from games.runs import begin\n")
    assert imports(bad) == {"games"}


def test_only_the_client_knows_redis():
    knowing = [name(path) for path in SOURCES if "redis" in imports(path)]
    assert {each for each in knowing if not each.startswith("store/nodes/")} == {"store/client.py"}


def test_only_keys_modules_build_keys():
    builders = [path for path in SOURCES if re.search(r"^\w+ = Key\(", path.read_text(), re.M)]
    assert {path.name for path in builders} == {"keys.py"}
    assert len({path.parts[-3:-1] for path in builders}) == len(builders) > 8
    prefixed = {name(path) for path in SOURCES if "settings.REDIS_PREFIX" in path.read_text()}
    assert prefixed == {"store/keys.py", "live/keys.py"}


def test_what_belongs_to_a_game_lives_in_its_folder():
    """Benchmarks name one as data."""
    folders = (*LAYERS, "templates", "static", "bin")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    texts = {".py", ".lua", ".html", ".js", ".css", ".txt", ""}
    own = [path for path in files if path.suffix in texts and "games/fuse/" not in name(path)]
    assert len(own) > 300
    assert [name(path) for path in own if re.search(r"\bfuse\b", path.read_text(), re.I)] == []


def test_there_is_no_drawer_for_odds_and_ends():
    odd = {"utils", "helpers", "common", "services", "misc"}
    assert not [name(path) for path in SOURCES if path.stem in odd or odd & set(path.parts)]


def test_no_folder_has_more_than_a_dozen_modules_side_by_side():
    modules = Counter(path.parent for path in SOURCES if path.stem not in ("__init__", "apps"))
    assert not [name(folder) for folder, count in modules.items() if count > 12]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_module_grows_past_three_hundred_lines(path):
    assert len(path.read_text().splitlines()) <= 300


def test_no_test_file_grows_past_three_hundred_lines():
    assert not [name(path) for path in (ROOT / "tests").rglob("*.py") if len(path.read_text().splitlines()) > 300]


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_says_what_it_takes_and_returns(path):
    text = path.read_text()
    header = "\n".join(line for line in text.splitlines() if line.startswith("--"))
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for word in ("KEYS", "ARGV", "Cost"):
        assert f"-- {word}:" in header
    for kind in ("KEYS", "ARGV"):
        used = {int(number) for number in re.findall(kind + r"\[(\d+)\]", body)}
        listed = re.search(rf"-- {kind}: (.*?)(?=\n-- [A-Z]\w+:|\Z)", header, re.S).group(1)
        described = {int(number) for number in re.findall(r"(?:^|[,;(]\s*|\n--\s+)(\d+)", listed)}
        assert used <= described, f"{kind} {used - described} not in the header"


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_stays_short(path):
    assert len(path.read_text().splitlines()) <= 50


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_takes_eight_arguments_at_most_or_a_plan(path):
    """More are one JSON plan, read by name; a list of any length comes last."""
    numbers = {int(number) for number in re.findall(r"ARGV\[(\d+)\]", path.read_text())}
    assert max(numbers, default=0) <= 8


def test_every_script_is_loaded_somewhere():
    sources = "\n".join(path.read_text() for path in SOURCES)
    assert not [name(path) for path in SCRIPTS if f'"{path.stem}"' not in sources]


def test_no_page_uses_inner_html_or_inline_handlers():
    pages = [
        *ROOT.glob("static/js/**/*.js"),
        *ROOT.glob("games/*/static/**/*.js"),
        *ROOT.glob("**/templates/**/*.html"),
    ]
    pages = [path for path in pages if ".venv" not in path.parts]
    assert len(pages) > 30
    odd = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\son[a-z]+=\"|style=\"")
    assert not [name(path) for path in pages if odd.search(path.read_text())]


def test_the_protocol_page_is_what_the_protocol_says():
    assert (ROOT / "docs" / "protocol.md").read_text() == protocol_page.protocol_page()
