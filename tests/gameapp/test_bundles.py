"""The bundle: every module that all pages need, once, with the same names as its source."""

import gzip

import pytest

from gameapp import bundles
from gameapp.context import modules
from tests.stack import ROOT

OWN = {name: path for name, path in modules().items() if path.startswith("js/")}


def test_every_shim_gives_what_its_module_exports(tmp_path):
    bundles.write(ROOT / "static", OWN, tmp_path)
    for name, path in OWN.items():
        shim = tmp_path / bundles.shim(name)
        exported = set(bundles._EXPORT.findall((ROOT / "static" / path).read_text()))
        if shim.exists() and name != bundles.ENTRY:
            found = shim.read_text().partition("export const { ")[2].partition(" }")[0]
            assert set(found.split(", ")) == exported
    assert (tmp_path / bundles.shim("live/site")).exists()


def test_what_is_written_again_stays_the_same_file(tmp_path):
    bundles.write(ROOT / "static", OWN, tmp_path)
    before = (tmp_path / bundles.SCRIPT).stat().st_mtime_ns
    bundles.write(ROOT / "static", OWN, tmp_path)
    assert (tmp_path / bundles.SCRIPT).stat().st_mtime_ns == before


def written(tmp_path, **sources: str) -> str:
    static = tmp_path / "static"
    for name, source in {"site": 'import "a";\n', **sources}.items():
        (static / f"{name}.js").parent.mkdir(parents=True, exist_ok=True)
        (static / f"{name}.js").write_text(source)
    for path in bundles.SHEETS:
        (static / path).parent.mkdir(parents=True, exist_ok=True)
        (static / path).write_text("")
    bundles.write(static, {name: f"{name}.js" for name in ("site", *sources)}, tmp_path / "made")
    return (tmp_path / "made" / bundles.SCRIPT).read_text()


def test_modules_come_after_those_that_they_import_and_keep_their_names_apart(tmp_path):
    a = 'import { b as c, d } from "b";\nimport * as all from "b";\n\nexport const a = [c(), d, all.d];\n'
    text = written(
        tmp_path, a=a, b="// Words.\nconst a = 1;\nexport function b() {\n  return a;\n}\nexport const d = 2;\n"
    )
    assert text.index("const $b") < text.index("const $a") < text.index("const $site") and "Words" not in text
    assert (
        "const {  b: c, d  } = $b;".replace("  ", " ") in text.replace("  ", " ")
        and "const all = $b;" in text
        and "return { b, d };" in text
    )


@pytest.mark.parametrize(
    "sources",
    [
        {"a": "export default 1;\n"},
        {"a": "const x = 1;\nexport { x };\n"},
        {"a": 'export * from "b";\n', "b": ""},
        {"a": "export let x = 1;\n"},
        {"a": 'import { b } from "b";\n', "b": 'import { a } from "a";\n'},
    ],
    ids=["default", "list", "all", "let", "circle"],
)
def test_what_the_bundle_does_not_know_is_refused(tmp_path, sources):
    with pytest.raises(bundles.Unbundled):
        written(tmp_path, **sources)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "is_compressed"),
    [
        ("/", True),
        ("/boards/fuse/", True),
        ("/boards/fuse/?period=week", False),
        ("/accounts/sign-in/", False),
        ("/nothing/", False),
    ],
)
def test_pages_are_compressed_where_their_length_tells_nothing(client, path, is_compressed):
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    assert (answer.headers.get("Content-Encoding") == "gzip") is is_compressed
    if is_compressed:
        assert b"<!doctype html>" in gzip.decompress(answer.content)
        assert "Content-Encoding" not in client.get(path).headers
