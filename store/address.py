"""Parses a REDIS_URL and checks it once.

Only `url` and `cli` contain the credentials. Error messages, `repr` and `shown` never do.
"""

import functools
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

SCHEMES = ("redis", "rediss", "unix")
PORT, TLS_OPTIONS = (
    6379,
    ("ssl_cert_reqs", "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"),
)
#: What redis-cli calls the options of a `rediss://` address that name files.
_CLI = {"ssl_ca_certs": "--cacert", "ssl_ca_path": "--cacertdir", "ssl_certfile": "--cert", "ssl_keyfile": "--key"}


class BadAddress(ValueError):
    """The text is not a valid Redis address. The message is one line and contains no credentials."""


@dataclass(frozen=True)
class Address:
    """A checked address. `path` is a unix socket's, `tls` has redis-py's `ssl_…` options."""

    scheme: str
    host: str = ""
    port: int = PORT
    path: str = ""
    db: int = 0
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    tls: tuple[tuple[str, str], ...] = ()

    @property
    def url(self) -> str:
        """The address as redis-py reads it, credentials included."""
        options = urlencode(self.tls)
        if self.scheme == "unix":
            return f"unix://{self._credentials}{quote(self.path)}?db={self.db}"
        where = f"{self.scheme}://{self._credentials}{self._host}:{self.port}/{self.db}"
        return f"{where}?{options}" if options else where

    @property
    def shown(self) -> str:
        """The address for people: no user, no password."""
        if self.scheme == "unix":
            return f"unix://{self.path}" + (f"?db={self.db}" if self.db else "")
        return f"{self.scheme}://{self._host}:{self.port}/{self.db}"

    @property
    def cli(self) -> tuple[list[str], dict[str, str]]:
        """The options and environment variables with which redis-cli connects."""
        options = ["-s", self.path] if self.scheme == "unix" else ["-h", self.host, "-p", str(self.port)]
        options += ["--user", self.username] if self.username else []
        if self.scheme == "rediss":
            tls = dict(self.tls)
            options += ["--tls", *(part for name, flag in _CLI.items() if name in tls for part in (flag, tls[name]))]
            options += ["--insecure"] if tls.get("ssl_cert_reqs") == "none" else ["--sni", self.host]
        return options, {"REDISCLI_AUTH": self.password} if self.password else {}

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def _credentials(self) -> str:
        if not self.username and not self.password:
            return ""
        return f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@"


@functools.lru_cache(maxsize=16)
def parse(text: str) -> Address:
    """Parse an address: `redis://`, `rediss://` (with `ssl_…` options) or `unix://`.

    User, password and database may also be options: `unix:///run/redis.sock?password=…&db=1`.

    Raises:
        BadAddress: it is none, or has a part that this site does not know.
    """
    if any(character.isspace() or not character.isprintable() for character in text):
        raise BadAddress("an address has no blanks or control characters")
    scheme, separator, _ = text.partition("://")
    if not separator or scheme.lower() not in SCHEMES:
        raise BadAddress("an address begins with redis://, rediss:// or unix://")
    if "#" in text:
        raise BadAddress("write a # in a password as %23")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise BadAddress("the host or port cannot be read; write a / in a password as %2F, and an @ as %40") from error
    if "@" in parts.path or "@" in parts.query:
        raise BadAddress("write a / in a password as %2F, and a ? as %3F")
    options = _options(parts)
    username = options.pop("username", unquote(parts.username or ""))
    password = options.pop("password", unquote(parts.password or ""))
    db = options.pop("db", "" if parts.scheme == "unix" else parts.path.strip("/")) or "0"
    if not (db.isascii() and db.isdigit() and len(db) < 6):
        raise BadAddress("the database is a number from 0")
    strange = sorted(set(options) - set(TLS_OPTIONS if parts.scheme == "rediss" else ()))
    if strange:
        raise BadAddress(f"the option {strange[0][:40]} is not supported")
    if parts.scheme == "unix":
        if not parts.path.strip("/") or parts.hostname:
            raise BadAddress("a unix:// address names a socket, such as unix:///run/redis.sock")
        return Address("unix", path=unquote(parts.path), db=int(db), username=username, password=password)
    if port == 0:
        raise BadAddress("a port is a number from 1 to 65535")
    host = unquote(parts.hostname or "localhost")
    return Address(parts.scheme, host, port or PORT, "", int(db), username, password, tuple(sorted(options.items())))


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise BadAddress("what follows the ? is not a list of name=value pairs") from error
    options = dict(pairs)
    if options.get("ssl_check_hostname", "true").lower() not in ("true", "false", "1", "0", "yes", "no"):
        raise BadAddress("ssl_check_hostname is true or false")
    if "ssl_cert_reqs" in options and options["ssl_cert_reqs"] not in ("none", "optional", "required"):
        raise BadAddress("ssl_cert_reqs is none, optional or required")
    return options
