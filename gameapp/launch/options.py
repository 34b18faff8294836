"""The options of `bin/play`. Standard library only, so that `--help` works before anything is installed."""

import argparse
import os

PROCESSES_MAX = 64


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="bin/play",
        description="Start the arcade: Redis, web server and worker. Ctrl-C stops all of it; nothing is lost.",
        epilog="Settings come from the environment or from .env; .env.example lists them. "
        "REDIS_URL names a Redis of your own; without it a private one runs in the data folder.",
    )
    made.add_argument("--port", type=port, default=8000, metavar="N", help="where to listen (default: 8000)")
    made.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="which address to listen on; 0.0.0.0 lets your network play, :: too with IPv6 (default: 127.0.0.1)",
    )
    made.add_argument(
        "--data", default="", metavar="FOLDER", help="where everything is kept (default: var, or DATA_DIR)"
    )
    made.add_argument(
        "--web",
        type=at_least_one,
        default=1,
        metavar="N",
        help="how many web processes share the port (default: 1; auto: one for each core)",
    )
    made.add_argument(
        "--runners",
        type=number,
        default=1,
        metavar="N",
        help="how many processes run rooms (default: 1; 0: none here; auto: one for each core)",
    )
    made.add_argument(
        "--workers",
        type=at_least_one,
        default=1,
        metavar="N",
        help="how many workers write to SQL (default: 1; auto: one for each core)",
    )
    made.add_argument("--no-demo", action="store_true", help="plant no demo players on the first start")
    made.add_argument(
        "--server",
        choices=["uvicorn", "daphne"],
        default="uvicorn",
        help="web server (default: uvicorn; daphne is for development: it limits clients less strictly)",
    )
    return made


def number(text: str, least: int = 0) -> int:
    """How many processes of a kind, from the command line; `auto` is as many as there are cores."""
    if text == "auto":
        return min(
            PROCESSES_MAX, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
    if not (text.isascii() and text.isdigit() and least <= int(text) <= PROCESSES_MAX):
        raise argparse.ArgumentTypeError(f"a number from {least} to {PROCESSES_MAX} is needed, or auto, not {text}")
    return int(text)


def at_least_one(text: str) -> int:
    """As `number`, but one or more."""
    return number(text, 1)


def port(text: str) -> int:
    """A port from the command line."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")
    return int(text)


if __name__ == "__main__":
    parser().parse_args()
