"""What every page loads, as one script and one style sheet, so that a phone asks for two files instead of forty.

The sources stay modules, one thing each. When static files are collected, the modules that `js/site.js` needs are put
into one file, each in a function of its own. Scripts of a page still import them by name: the import map leads such a
name to a file of one line, which takes it from the bundle, so that there is one socket and one of everything.
Without a bundle, as in development, pages load the modules themselves.
"""

import re
from collections.abc import Mapping
from pathlib import Path

FOLDER = "bundles"
SCRIPT, STYLES = f"{FOLDER}/site.js", f"{FOLDER}/site.css"
ENTRY = "site"
#: The bundle's own name in the import map.
NAME = "bundle"
#: In the order in which pages link them.
SHEETS = ("css/tokens.css", "css/base.css", "css/site.css", "css/button.css", "css/board.css", "css/looks.css")

_IMPORT = re.compile(r'^import (?:(?:\{([^}]*)\}|\* as (\w+)) from )?"([^"]+)";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.M)
_COMMENT = re.compile(r"^ *//.*\n", re.M)


class Unbundled(Exception):
    """A module is written in a way that the bundle does not know; the message names it."""


def shim(name: str) -> str:
    """The static file that takes a module from the bundle."""
    return f"{FOLDER}/{name}.js"


def write(static: Path, modules: Mapping[str, str], folder: Path) -> None:
    """Write the bundles of a static folder; `modules` has the file of each module in it, as the import map does.

    Raises:
        Unbundled: one of them is written in another way than ours are.
    """
    order = _in_order(ENTRY, {name: (static / path).read_text() for name, path in modules.items()})
    parts = [_in_a_function(name, source) for name, source in order.items()]
    files = {SCRIPT: "\n".join([*parts, f"export {{ {', '.join(map(_variable, order))} }};\n"])}
    files[STYLES] = "\n".join((static / path).read_text() for path in SHEETS)
    for name, source in order.items():
        if exported := ", ".join(_EXPORT.findall(source)):
            lines = [
                f'import {{ {_variable(name)} }} from "{NAME}";',
                f"export const {{ {exported} }} = {_variable(name)};",
            ]
            files[shim(name)] = "\n".join([*lines, ""])
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_text() != text:  # The same stays, so that nothing is collected again.
            target.write_text(text)


def needed(entry: str, sources: Mapping[str, str]) -> list[str]:
    """The modules that one needs, itself the last, each after those that it imports."""
    return list(_in_order(entry, sources))


def _in_order(entry: str, sources: Mapping[str, str]) -> dict[str, str]:
    """The modules that one needs, itself the last, each after those that it imports."""
    found: dict[str, str] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise Unbundled(f"{name} imports itself, by way of {above[-1]}")
        if name not in found and name in sources:
            for _, _, module in _IMPORT.findall(sources[name]):
                visit(module, (*above, name))
            found[name] = sources[name]

    visit(entry, ())
    return found


def _in_a_function(name: str, source: str) -> str:
    exported = _EXPORT.findall(source)
    body = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub(_taken, source)))
    if odd := re.search(r"^(?:import|export)\b.*", body, re.M):
        raise Unbundled(f"{name}: {odd[0]}")
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {', '.join(exported)} }};\n}})();"


def _taken(found: re.Match[str]) -> str:
    names, whole, module = found.groups()
    if whole:
        return f"const {whole} = {_variable(module)};\n"
    return f"const {{ {names.replace(' as ', ': ')} }} = {_variable(module)};\n" if names else ""


def _variable(module: str) -> str:
    return "$" + re.sub(r"\W", "_", module)
