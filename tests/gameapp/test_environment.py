"""The environment: each variable checked once, and a wrong one is a line with its name and without its value."""

import subprocess
import sys

import pytest

from gameapp import environment
from tests.stack import ROOT, clean_environment

SECRET = "geheim"


@pytest.fixture
def given(monkeypatch, tmp_path):
    """Read the environment with some variables set, and nothing of this test run's own."""

    def read(**variables: str) -> environment.Environment:
        for name in environment.NAMES:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"DATA_DIR": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        return environment.read(tmp_path)

    return read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"), ("PROXY_COUNT", "-1"), ("PROXY_COUNT", "two"), ("RATE_LIMIT_FACTOR", "0"),
        ("RATE_LIMIT_FACTOR", "nan"), ("SOCKET_SILENCE_S", "inf"), ("REDIS_TIMEOUT_S", "fast"), ("REDIS_PREFIX", "a:b"),
        ("REDIS_APPENDFSYNC", "sometimes"), ("REDIS_CONNECTIONS_MAX", "0"), ("EMAIL_PORT", "99999"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "LOUD"), ("HSTS_SECONDS", "-5"), ("ADDRESS_CONNECTIONS_MAX", "0"), ("SQL_TIMEOUT_S", "x"),
        ("REDIS_URL", f"localhost:{SECRET}"), ("REDIS_URL", f"redis://:{SECRET}#@h"), ("REDIS_URL", f"/{SECRET}"),
        ("DATABASE_URL", f"strange://u:{SECRET}@h/db"), ("DATABASE_URL", f"{SECRET}"), ("DATABASE_URL", "postgres://"),
        ("SITE_URLS", "play.example.org"), ("SITE_URLS", "https://h/arcade/"), ("SITE_URLS", "https://h:port"),
        ("SITE_URLS", "ftp://h"), ("SITE_URLS", "https://h?x"), ("SITE_URLS", f"https://u:{SECRET}@h"),
        ("SITE_URLS", "https://"), ("SITE_URLS", "https://h:0"), ("SITE_URLS", "https://a..b"), ("SITE_URLS", "https://h:"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_line_that_names_its_variable(given, name, value):
    with pytest.raises(environment.WrongSetting) as refused:
        given(**{name: value})
    said = str(refused.value)
    assert said.startswith(f"{name}:")
    assert "\n" not in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("https://play.example.org", ["https://play.example.org"]),
        (" https://Play.Example.org:443/ , http://h:80 ,, ", ["https://play.example.org", "http://h"]),
        ("http://localhost:8000", ["http://localhost:8000"]),
        ("https://bücher.example", ["https://xn--bcher-kva.example"]),
        ("http://[::1]:8000,http://[0:0::1]:8000", ["http://[::1]:8000"]),
        ("https://a,https://a/", ["https://a"]),
    ],
)
def test_origins_are_as_browsers_send_them(given, text, origins):
    assert given(SITE_URLS=text).site_urls == origins


def test_an_empty_variable_counts_as_not_set(given):
    found = given(**dict.fromkeys(set(environment.NAMES) - {"DATA_DIR"}, " "))
    assert found.debug
    assert found.redis_url == ""
    assert len(found.secret_key) > 50


def test_a_site_for_others_needs_a_key_and_its_origins(given):
    with pytest.raises(environment.WrongSetting, match="SECRET_KEY"):
        given(DEBUG="0", SITE_URLS="https://h", SECRET_KEY="")
    with pytest.raises(environment.WrongSetting, match="SITE_URLS"):
        given(DEBUG="0", SITE_URLS=" , ", SECRET_KEY="x")


def test_hsts_is_a_day_and_no_more_unless_it_is_asked_for(given):
    found = given()
    assert (found.hsts_seconds, found.hsts_subdomains, found.hsts_preload) == (24 * 60 * 60, False, False)


@pytest.mark.parametrize(
    "command", [["manage.py", "check"], ["-m", "gameapp.launch.serve_uvicorn"], ["-m", "gameapp.launch.start"]]
)
def test_every_way_to_start_says_it_in_one_line(tmp_path, command):
    variables = clean_environment(DATA_DIR=str(tmp_path), REDIS_URL=f"redis://:{SECRET}#@h", DEBUG="1")
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("Cannot start: REDIS_URL:")
    assert len(done.stderr.strip().splitlines()) == 1
    assert SECRET not in done.stdout + done.stderr


def test_all_that_is_read_is_told_of():
    told = (ROOT / ".env.example").read_text()
    assert [name for name in environment.NAMES if f"{name}=" not in told] == []
