"""Every variable that the site reads from its environment or from `.env`: read once, and checked once.

A wrong value gives a one-line error that names the variable and says what it should be. The value may be a secret, so
no message contains it. An empty variable counts as not set.
"""

import ipaddress
import logging
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import dj_database_url
from django.conf.locale import LANG_INFO
from environs import Env

from gameapp.launch.secret import local_secret_key
from store.address import BadAddress, parse

T = TypeVar("T")

#: The names of all variables; `launch.running` stores their values for a running site.
NAMES = (
    "DEBUG SECRET_KEY SECRET_KEY_FALLBACKS SITE_URLS BEHIND_TLS_PROXY HSTS_SECONDS HSTS_SUBDOMAINS HSTS_PRELOAD "
    "PROXY_COUNT RATE_LIMIT_FACTOR ADDRESS_CONNECTIONS_MAX SOCKET_SILENCE_S DATA_DIR STATIC_ROOT GAMES_DIR LOCALE_DIR "
    "REDIS_URL REDIS_PREFIX REDIS_TIMEOUT_S REDIS_CONNECTIONS_MAX REDIS_WAIT_REPLICAS REDIS_APPENDFSYNC DATABASE_URL "
    "SQL_TIMEOUT_S EMAIL_HOST EMAIL_PORT EMAIL_HOST_USER EMAIL_HOST_PASSWORD EMAIL_USE_TLS EMAIL_FROM METRICS_TOKEN "
    "LOG_FORMAT LOG_LEVEL"
).split()
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class WrongSetting(Exception):
    """Which variable is wrong, and what it should be, in one line without its value."""


@dataclass(frozen=True)
class Environment:
    """The checked values. Names ending in `_s` are seconds, those ending in `_max` are counts."""

    debug: bool
    data_dir: Path
    static_root: Path
    games_dir: Path | None
    locale_dir: Path | None
    secret_key: str
    secret_key_fallbacks: list[str]
    site_urls: list[str]
    behind_tls_proxy: bool
    hsts_seconds: int
    hsts_subdomains: bool
    hsts_preload: bool
    proxy_count: int
    rate_limit_factor: float
    address_connections_max: int
    socket_silence_s: float
    redis_url: str
    redis_prefix: str
    redis_timeout_s: float
    redis_connections_max: int
    redis_wait_replicas: int
    redis_appendfsync: str
    database: dict[str, Any]
    sql_timeout_s: float
    email_host: str
    email_port: int
    email_host_user: str
    email_host_password: str
    email_use_tls: bool
    email_from: str
    metrics_token: str
    log_format: str
    log_level: str


def read(base_dir: Path) -> Environment:
    """Read and check every variable; `.env` in `base_dir` supplies those that the environment does not set.

    Raises:
        WrongSetting: one of them is wrong.
    """
    Env().read_env(base_dir / ".env", recurse=False)
    debug = _get("DEBUG", _bool, True)
    data_dir = _get("DATA_DIR", lambda text: Path(text).resolve(), base_dir / "var")
    secret_key = _secret_key(debug, data_dir)
    site_urls: list[str] = _get("SITE_URLS", origins, [])
    if not debug and not site_urls:
        raise WrongSetting("SITE_URLS is needed when DEBUG=0: full origins, such as https://play.example.org")
    return Environment(
        debug=debug,
        data_dir=data_dir,
        static_root=_get("STATIC_ROOT", lambda text: Path(text).resolve(), data_dir / "static"),
        games_dir=_get("GAMES_DIR", _folder, None),
        locale_dir=_get("LOCALE_DIR", _folder, None),
        secret_key=secret_key,
        secret_key_fallbacks=_get("SECRET_KEY_FALLBACKS", _list, []),
        site_urls=site_urls,
        behind_tls_proxy=_get("BEHIND_TLS_PROXY", _bool, False),
        hsts_seconds=_get("HSTS_SECONDS", _whole(0, 100_000_000), 24 * 60 * 60),
        hsts_subdomains=_get("HSTS_SUBDOMAINS", _bool, False),
        hsts_preload=_get("HSTS_PRELOAD", _bool, False),
        proxy_count=_get("PROXY_COUNT", _whole(0, 10), 0),
        rate_limit_factor=_get("RATE_LIMIT_FACTOR", _above_zero, 1.0),
        address_connections_max=_get("ADDRESS_CONNECTIONS_MAX", _whole(1, 1_000_000), 3_000),
        socket_silence_s=_get("SOCKET_SILENCE_S", _above_zero, 45.0),
        redis_url=_get("REDIS_URL", _redis_url, ""),
        redis_prefix=_get("REDIS_PREFIX", _prefix, "gameapp"),
        redis_timeout_s=_get("REDIS_TIMEOUT_S", _above_zero, 2.0),
        redis_connections_max=_get("REDIS_CONNECTIONS_MAX", _whole(1, 10_000), 64),
        redis_wait_replicas=_get("REDIS_WAIT_REPLICAS", _whole(0, 10), 0),
        redis_appendfsync=_get("REDIS_APPENDFSYNC", _one_of("always", "everysec", "no"), "everysec"),
        database=_get("DATABASE_URL", _database, _local_database(data_dir)),
        sql_timeout_s=_get("SQL_TIMEOUT_S", _above_zero, 3.0),
        email_host=_get("EMAIL_HOST", str, ""),
        email_port=_get("EMAIL_PORT", _whole(1, 65_535), 587),
        email_host_user=_get("EMAIL_HOST_USER", str, ""),
        email_host_password=_get("EMAIL_HOST_PASSWORD", str, ""),
        email_use_tls=_get("EMAIL_USE_TLS", _bool, True),
        email_from=_get("EMAIL_FROM", str, "Gameapp <gameapp@localhost>"),
        metrics_token=_get("METRICS_TOKEN", str, ""),
        log_format=_get("LOG_FORMAT", _one_of("line", "json"), "line"),
        log_level=_get("LOG_LEVEL", _level, "INFO"),
    )


def languages_in(folder: Path, known: Sequence[str]) -> list[tuple[str, str]]:
    """The languages that a folder of translations adds to the known ones: code, and name in the language itself."""
    found = sorted(path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/django.mo"))
    codes = [name.lower().replace("_", "-") for name in found]
    return [(code, str(LANG_INFO.get(code, {}).get("name_local", code))) for code in codes if code not in known]


def _folder(text: str) -> Path:
    folder = Path(text).resolve()
    if not folder.is_dir():
        raise ValueError("there is no such folder")
    return folder


def _get(name: str, parsed: Callable[[str], T], default: T) -> T:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        return parsed(text)
    except (ValueError, OSError) as error:
        raise WrongSetting(f"{name}: {error}") from None


def _secret_key(debug: bool, data_dir: Path) -> str:
    if given := os.environ.get("SECRET_KEY", "").strip():
        return given
    if not debug:
        raise WrongSetting("SECRET_KEY is needed when DEBUG=0: 50 random characters or more")
    try:
        return local_secret_key(data_dir)
    except OSError as error:
        raise WrongSetting(f"DATA_DIR: {data_dir} cannot be written to ({error.strerror})") from None
    except ValueError as error:
        raise WrongSetting(f"SECRET_KEY: {error}") from None


def _bool(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in words:
        raise ValueError("it is 1 or 0")
    return words[text.lower()]


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parsed(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"it is a whole number from {least:,} to {most:,}")
        return int(text)

    return parsed


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError("it is a number above 0")
    return number


def _one_of(*words: str) -> Callable[[str], str]:
    def parsed(text: str) -> str:
        if text not in words:
            raise ValueError(f"it is one of {', '.join(words)}")
        return text

    return parsed


def _level(text: str) -> str:
    if text.upper() not in logging.getLevelNamesMapping():
        raise ValueError("it is one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return text.upper()


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", text):
        raise ValueError("it has 1 to 40 letters, digits, _ or -")
    return text


def _redis_url(text: str) -> str:
    try:
        parse(text)
    except BadAddress as error:
        raise ValueError(str(error)) from None
    return text


def _database(text: str) -> dict[str, Any]:
    try:
        found = dict(dj_database_url.parse(text))
    except Exception:
        found = {}
    if not found.get("ENGINE") or not (found.get("NAME") or found.get("OPTIONS")):
        raise ValueError("it is such as postgres://user:password@host/name, with / # @ in a password percent-encoded")
    return found


def _local_database(data_dir: Path) -> dict[str, Any]:
    # Set NAME directly, not in a URL: the folder's name may contain # or %.
    return {**dj_database_url.parse("sqlite:///x"), "NAME": str(data_dir / "db.sqlite3")}


def origins(text: str) -> list[str]:
    """Full origins, separated by commas, as browsers send them: lower case, no default port, IDN in Punycode.

    Raises:
        ValueError: one of them is none; with what is wrong.
    """
    return list(dict.fromkeys(origin(part) for part in _list(text)))


def origin(text: str) -> str:
    """One origin; see `origins`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("a port is a number from 1 to 65535") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("an origin begins with http:// or https:// and a host, such as https://play.example.org")
    if parts.path.strip("/"):
        raise ValueError("an origin has no path: the site cannot be served below one; give it a host of its own")
    if parts.query or parts.fragment or "@" in parts.netloc or port == 0 or parts.netloc.endswith(":"):
        raise ValueError("an origin is a scheme, a host and perhaps a port, and nothing else")
    host = _host(parts.hostname)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, _DEFAULT_PORTS[parts.scheme]) else "")


def _host(name: str) -> str:
    if ":" in name:
        try:
            return f"[{ipaddress.IPv6Address(name)}]"
        except ValueError:
            raise ValueError("that is no IPv6 address") from None
    try:
        host = name.encode("idna").decode().lower()
    except UnicodeError:
        host = ""
    if not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise ValueError("a host has letters, digits, dots and dashes")
    return host
