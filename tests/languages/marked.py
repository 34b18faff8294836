"""Every text that the sources mark for translation, and what of their text is not marked."""

import ast
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template import engines
from django.template.base import Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from tests.gameapp.test_architecture import LAYERS
from tests.stack import ROOT

Message = tuple[str, str]  # In the singular and the plural; the latter is empty where there is one form.

PYTHON = [
    path
    for layer in LAYERS
    for path in (ROOT / layer).rglob("*.py")
    if not {"migrations", "management"} & {*path.parts}
]
SCRIPTS = [path for folder in ("static", "games") for path in (ROOT / folder).rglob("*.js")]
TEMPLATES = [
    path
    for folder in ("templates", "games")
    for path in (ROOT / folder).rglob("*.*")
    if "templates" in path.parts and path.suffix in (".html", ".txt")
]
WORD = re.compile(r"[A-Za-z]{2,}")
MARKS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2}


def in_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            count = MARKS[node.func.id]
            texts = [each.value for each in node.args[:count] if isinstance(each, ast.Constant)]
            if len(texts) == count and all(isinstance(text, str) for text in texts):
                yield texts[0], texts[1] if count == 2 else ""


def in_script(path: Path) -> Iterator[Message]:
    text = path.read_text()
    for single in re.findall(r'(?<!n)gettext\("((?:[^"\\]|\\.)*)"', text):
        yield single, ""
    yield from re.findall(r'ngettext\("((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"', text)


def _nodes(path: Path) -> Iterator[Node]:
    template = engines["django"].from_string(path.read_text())
    yield from _below(template.template.nodelist)


def _below(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for name in {"nodelist", *node.child_nodelists}:
            yield from _below(getattr(node, name, ()))


_LITERAL = re.compile(r"""_\(["']([^"']+)["']\)""")


def in_template(path: Path) -> Iterator[Message]:
    for node in _nodes(path):
        if isinstance(node, TranslateNode):
            literal = node.filter_expression.var
            text = literal if isinstance(literal, str) else getattr(literal, "literal", None)
            if isinstance(text, str):
                yield text.replace("%", "%%"), ""
        elif isinstance(node, BlockTranslateNode):
            one, _ = node.render_token_list(node.singular)
            many, _ = node.render_token_list(node.plural) if node.plural else ("", None)
            yield one, many
    for text in _LITERAL.findall(path.read_text()):
        yield text, ""


#: Attributes that people read or hear.
READ = ("aria-label", "title", "placeholder", "alt", "data-label", "data-ask")
NAMES = {"Gameapp", "JSON", "Fuse", "UTC", "GG"}


class _Text(HTMLParser):
    """What people would see of a page whose template tags are empty."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.quiet = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.quiet += tag in ("script", "style", "svg", "kbd", "option")
        self.found += [value or "" for name, value in attributes if name in READ]

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= tag in ("script", "style", "svg", "kbd", "option")

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.found.append(data)


def unmarked_in_template(path: Path) -> list[str]:
    """Words of a template that no tag marks."""
    source = re.sub(
        r"\{%\s*block (?:main_class|socket|body_data|code)\b.*?endblock[^%]*%\}", "", path.read_text(), flags=re.S
    )
    source = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", source, flags=re.S)
    source = re.sub(r"\{%\s*blocktranslate\b.*?endblocktranslate\s*%\}", "", source, flags=re.S)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.S)
    parser = _Text()
    parser.feed(source)
    return [text.strip() for text in parser.found if set(WORD.findall(text)) - NAMES]


_CALLS_WITH_WORDS = (
    "Http404",
    "PermissionDenied",
    "ValidationError",
    "GameError",
    "BadMessage",
    "UnknownItem",
    "NoPlace",
)
_WORDS_FOR_PEOPLE = (
    "label",
    "help_text",
    "message",
    "tagline",
    "how_to_play",
    "themes_title",
    "verbose_name",
    "legend",
)


def unmarked_in_python(path: Path) -> list[str]:
    """Literals that are shown to people and that nothing marks: in messages, errors, labels and descriptions."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        shown: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.rpartition(".")[2] in _CALLS_WITH_WORDS:
                shown += node.args[:1]
            if name.startswith("messages.") and len(node.args) > 1:
                shown.append(node.args[1])
            shown += [each.value for each in node.keywords if each.arg in _WORDS_FOR_PEOPLE]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in _WORDS_FOR_PEOPLE:
            shown.append(node.value)
        found += [ast.unparse(each) for each in shown if _has_words(each)]
    return found


def _has_words(node: ast.expr) -> bool:
    """Whether it is text with words: a literal, one of two literals, or a text with values in it."""
    if isinstance(node, ast.IfExp):
        return _has_words(node.body) or _has_words(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and WORD.search(str(part.value)) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


_COMMENT = re.compile(r"^\s*//.*$|(?<=[\s;])//.*$", re.M)
_MARKED = re.compile(r'n?gettext\((?:"(?:[^"\\]|\\.)*"(?:, )?){1,2}')
_LITERALS = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
_SENTENCE = re.compile(r"^[A-Z][a-z’]+(?: .*)?[a-z.!?…]$|^[a-z]+ [a-z].*|(?<![\w.({$-])[a-z]{2,} [a-z]{2,}\b")
_NO_WORDS = re.compile(
    r"sans-serif|^[a-z-]+\(|\[data-|^[a-z-]+ [a-z-]+$|translate|://|querySelector|^use |Arrow|^Key…"
    r"|^(?:Home|End|Space|Enter)$"
)


def unmarked_in_script(path: Path) -> list[str]:
    """Literals of a script that look like words for people and that no call marks."""
    source = _MARKED.sub("", _COMMENT.sub("", path.read_text()))
    source = re.sub(r"^import .*$", "", source, flags=re.M)
    literals = [one or re.sub(r"\$\{[^}]*\}", "…", other) for one, other in _LITERALS.findall(source)]
    return [text for text in literals if _SENTENCE.search(text) and not _NO_WORDS.search(text)]
