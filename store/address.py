"""Parses a REDIS_URL and checks it once.

Only `url` and `cli` contain the credentials. Error messages, `repr` and `shown` never do.
"""

import functools
from dataclasses import dataclass, field, replace
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

#: The servers behind an address: one, the nodes of a cluster, or the primary that Sentinels name.
SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster", "redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26379
SENTINEL_OPTIONS = ("sentinel_username", "sentinel_password")
Host = tuple[str, int]
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
    """A checked address.

    `hosts` are the servers to ask first: the only one, some nodes of a cluster, or the Sentinels that watch `service`.
    `path` is a unix socket's, `tls` has redis-py's `ssl_…` options.
    """

    scheme: str
    hosts: tuple[Host, ...] = ()
    path: str = ""
    db: int = 0
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    tls: tuple[tuple[str, str], ...] = ()
    service: str = ""
    sentinel: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def is_cluster(self) -> bool:
        return self.scheme.endswith("+cluster")

    @property
    def is_sentinel(self) -> bool:
        return self.scheme.endswith("+sentinel")

    @property
    def is_tls(self) -> bool:
        return self.scheme.startswith("rediss")

    def at(self, host: str, port: int) -> "Address":
        """The same address for one server behind it."""
        scheme = self.scheme.partition("+")[0]
        return replace(self, scheme=scheme, hosts=((host, port),), service="", sentinel=())

    def sentinel_at(self, host: str, port: int) -> "Address":
        """One of the Sentinels, with its own user and password."""
        given = dict(self.sentinel)
        username, password = given.get("sentinel_username", ""), given.get("sentinel_password", "")
        return replace(self.at(host, port), db=0, username=username, password=password)

    @property
    def url(self) -> str:
        """The whole address, credentials included. That of one server is what redis-py reads."""
        options = urlencode([*self.tls, *self.sentinel])
        if self.scheme == "unix":
            return f"unix://{self._credentials}{quote(self.path)}?db={self.db}"
        return f"{self.scheme}://{self._credentials}{self._where}" + (f"?{options}" if options else "")

    @property
    def shown(self) -> str:
        """The address for people: no user, no password."""
        if self.scheme == "unix":
            return f"unix://{self.path}" + (f"?db={self.db}" if self.db else "")
        return f"{self.scheme}://{self._where}"

    @property
    def cli(self) -> tuple[list[str], dict[str, str]]:
        """The options and environment variables with which redis-cli connects to the first server."""
        if self.scheme == "unix":
            options = ["-s", self.path]
        else:
            host, port = self.hosts[0]
            options = ["-h", host, "-p", str(port)]
        options += ["--user", self.username] if self.username else []
        if self.is_tls:
            tls = dict(self.tls)
            options += ["--tls", *(part for name, flag in _CLI.items() if name in tls for part in (flag, tls[name]))]
            options += ["--insecure"] if tls.get("ssl_cert_reqs") == "none" else ["--sni", self.hosts[0][0]]
        return options, {"REDISCLI_AUTH": self.password} if self.password else {}

    @property
    def _where(self) -> str:
        hosts = ",".join(f"{shown_host(host)}:{port}" for host, port in self.hosts)
        return (
            hosts
            + (f"/{quote(self.service, safe='')}" if self.is_sentinel else "")
            + ("" if self.is_cluster else f"/{self.db}")
        )

    @property
    def _credentials(self) -> str:
        if not self.username and not self.password:
            return ""
        return f"{quote(self.username, safe='')}:{quote(self.password, safe='')}@"


def shown_host(host: str) -> str:
    """A host as it stands in an address: an IPv6 one in brackets."""
    return f"[{host}]" if ":" in host else host


@functools.lru_cache(maxsize=64)
def parse(text: str) -> Address:
    """Parse an address.

        redis://user:password@host:port/db      one server; `rediss://` is TLS, with `ssl_…` options
        unix:///run/redis.sock?db=1             one server on a socket
        redis+cluster://host:port,host:port     some nodes of a cluster, which has no database numbers
        redis+sentinel://host:port,host:port/service/db?sentinel_password=…

    User, password and database may also be options. `rediss+cluster://` and `rediss+sentinel://` are TLS.

    Raises:
        BadAddress: it is none, or has a part that this site does not know.
    """
    if any(character.isspace() or not character.isprintable() for character in text):
        raise BadAddress("an address has no blanks or control characters")
    scheme, separator, _ = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in SCHEMES:
        raise BadAddress(
            f"an address begins with {', '.join(f'{each}://' for each in SCHEMES[:-1])} or {SCHEMES[-1]}://"
        )
    if "#" in text:
        raise BadAddress("write a # in a password as %23")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise BadAddress(_UNREADABLE) from error
    if "@" in parts.path or "@" in parts.query:
        raise BadAddress("write a / in a password as %2F, and a ? as %3F")
    options = _options(parts)
    credentials, _, netloc = parts.netloc.rpartition("@")
    user, _, secret = credentials.partition(":")
    username, password = options.pop("username", unquote(user)), options.pop("password", unquote(secret))
    service, path = _service(parts, scheme)
    db = options.pop("db", "" if scheme == "unix" else path.strip("/")) or "0"
    if not (db.isascii() and db.isdigit() and len(db) < 6):
        raise BadAddress("the database is a number from 0")
    if scheme.endswith("+cluster") and int(db):
        raise BadAddress("a cluster has no database numbers")
    sentinel = tuple((name, options.pop(name)) for name in SENTINEL_OPTIONS if service and name in options)
    strange = sorted(set(options) - set(TLS_OPTIONS if scheme.startswith("rediss") else ()))
    if strange:
        raise BadAddress(f"the option {strange[0][:40]} is not supported")
    if scheme == "unix":
        if not parts.path.strip("/") or netloc:
            raise BadAddress("a unix:// address names a socket, such as unix:///run/redis.sock")
        return Address("unix", path=unquote(parts.path), db=int(db), username=username, password=password)
    hosts = _hosts(netloc, SENTINEL_PORT if service else PORT)
    if len(hosts) > 1 and "+" not in scheme:
        raise BadAddress(f"several hosts are a {scheme}+cluster:// or {scheme}+sentinel:// address")
    tls = tuple(sorted(options.items()))
    return Address(scheme, hosts, "", int(db), username, password, tls, service, sentinel)


_UNREADABLE = "the host or port cannot be read; write a / in a password as %2F, and an @ as %40"


def _service(parts: SplitResult, scheme: str) -> tuple[str, str]:
    """The service that Sentinels watch, and the rest of the path: the database."""
    if not scheme.endswith("+sentinel"):
        return "", parts.path
    service, _, db = parts.path.strip("/").partition("/")
    if not service:
        raise BadAddress("a sentinel address names its service, such as redis+sentinel://host:26379/mymaster")
    return unquote(service), db


def _hosts(netloc: str, port: int) -> tuple[Host, ...]:
    found = []
    for text in netloc.split(",") if netloc else ["localhost"]:
        try:
            one = urlsplit(f"redis://{text}")
            number = one.port
        except ValueError as error:
            raise BadAddress(_UNREADABLE) from error
        if number == 0:
            raise BadAddress("a port is a number from 1 to 65535")
        if not one.hostname and "," in netloc:
            raise BadAddress("between two commas stands a host, such as host:6379")
        found.append((unquote(one.hostname or "localhost"), number or port))
    return tuple(found)


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
