"""The options of `bin/play`. Standard library only, so that `--help` works before anything is installed."""

import argparse


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
        "--runners",
        type=runners,
        default=1,
        metavar="N",
        help="how many processes run rooms (default: 1; 0: none here)",
    )
    made.add_argument("--no-demo", action="store_true", help="plant no demo players on the first start")
    made.add_argument(
        "--server",
        choices=["uvicorn", "daphne"],
        default="uvicorn",
        help="web server (default: uvicorn; daphne is for development: it limits clients less strictly)",
    )
    return made


def runners(text: str) -> int:
    """How many runners, from the command line."""
    if not (text.isascii() and text.isdigit() and 0 <= int(text) <= 64):
        raise argparse.ArgumentTypeError(f"a number from 0 to 64 is needed, not {text}")
    return int(text)


def port(text: str) -> int:
    """A port from the command line."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")
    return int(text)


if __name__ == "__main__":
    parser().parse_args()
