"""The web server: uvicorn with our protocols. `python -m gameapp.launch.serve_uvicorn --host ADDRESS --port N`.

It is configured for our sockets: no compression, small messages, our own limits.
"""

import argparse
import os
import resource
import socket
import sys
from typing import Any

import uvicorn

#: File descriptors that a process needs besides client connections: Redis, SQL, logs, files being read.
FILES_KEPT = 256
BACKLOG = 2048


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that takes connections at an address; `::` takes IPv4 as well.

    `shared`: other processes listen there, too, and the system spreads connections over them.
    """
    family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both, reuse_port=shared)


def raise_file_limit() -> int:
    """Raise this process's limit of open files as far as the system allows, and return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1_000_000 if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY:
        return wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):  # Some systems name a limit that they do not grant.
        return soft
    return wanted


def config(application: Any) -> uvicorn.Config:
    """uvicorn's settings for an application, or for the name of one."""
    return uvicorn.Config(
        application,
        http="live.servers.http_protocol:BoundedHttpProtocol",
        ws="live.servers.uvicorn_protocol:SharedFrameProtocol",
        ws_max_size=65_536,
        # Compressed frames cannot be shared by clients. The beats of live/ detect dead sockets sooner than pings.
        ws_per_message_deflate=False,
        ws_ping_interval=30,
        ws_ping_timeout=30,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameapp.settings")  # Our protocols have words for people.
    parser = argparse.ArgumentParser(prog="python -m gameapp.launch.serve_uvicorn", description="Run one web process.")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where to listen (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="which port (default: 8000)")
    parser.add_argument("--shared", action="store_true", help="let other web processes listen on the same port")
    parser.add_argument("application", nargs="?", default="gameapp.asgi:application", help=argparse.SUPPRESS)
    options = parser.parse_args()
    files = raise_file_limit()
    made = config(options.application)
    made.load()
    from live.servers.http_protocol import BoundedHttpProtocol

    BoundedHttpProtocol.connections_max = max(64, files - FILES_KEPT)
    try:
        listener = listen(options.host, options.port, shared=options.shared)
    except OSError as error:
        sys.exit(f"{options.host}:{options.port} cannot be used: {error.strerror}.")
    uvicorn.Server(made).run(sockets=[listener])


if __name__ == "__main__":
    main()
