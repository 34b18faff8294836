"""What so many players online ask of a site, and whether it is spread: slots, fan-out, reconnects. A simulation.

Keys are named by the site's own code and put into slots by the cluster's rule, so a hash tag that carried a whole site
would show as one node with all the load. Rates follow from what a player does; what one process or node carries are the
figures of the other benchmarks, and options. Nothing is measured here.

    python -m benchmarks.capacity --online 10000000
"""

import argparse
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import report, stage

#: How often a player does something, per second: a beat, a move while they play, a run's end, a page.
BEATS, MOVES, RUNS, PAGES = 1 / 15, 1.0, 1 / 120, 1 / 90
#: Commands of Redis for each, as tests/gameapp/test_round_trips.py holds them at most.
BEAT_COMMANDS, MOVE_COMMANDS, RUN_COMMANDS, PAGE_COMMANDS = 1, 2, 8, 6
#: Players that are drawn for the spread over slots; the rest behaves like them.
SAMPLE = 20_000
#: Pages come back within this after a process ended: static/js/live/socket.js.
JITTER_S = 3.0


@dataclass(frozen=True)
class Machine:
    """What one process or node carries here."""

    redis: float  # commands a second of one node
    web: float  # pages of players a second of one web process
    sockets: int  # of one web process
    accepts: float  # sockets a second that one web process takes


def keys_of_player(number: int, playing: bool) -> Iterator[tuple[str, float]]:
    """The keys that a player's doings touch, each with commands a second."""
    from accounts import keys as account_keys
    from games import keys as game_keys
    from leaderboard import keys as board_keys
    from presence import keys as presence_keys
    from presence.buckets import SHARDS
    from store.keys import limit

    session = account_keys.session(f"{random.getrandbits(128):032x}")
    yield session, PAGES * 2
    yield limit("page", str(number)), PAGES
    yield presence_keys.leases(f"online-{number % SHARDS}", number), BEATS * BEAT_COMMANDS
    if playing:
        yield game_keys.run(f"{random.getrandbits(64):016x}"), MOVES * MOVE_COMMANDS
        board = f"game{min(int(random.expovariate(0.5)), 19)}"  # Twenty games, the first the most popular.
        yield board_keys.runs(board), RUNS * RUN_COMMANDS


def drawn(online: int, playing: float) -> list[tuple[str, float]]:
    """The keys of a sample of the players, each with the commands a second of all players whom it stands for."""
    each = online / SAMPLE
    found = []
    for number in range(SAMPLE):
        found += [(key, rate * each) for key, rate in keys_of_player(number, random.random() < playing)]
    return found


def by_node(doings: list[tuple[str, float]], nodes: int) -> Counter[int]:
    """Commands a second of each primary, where slots are given out evenly."""
    from store.nodes.slots import SLOTS, slot_of

    found: Counter[int] = Counter()
    for key, rate in doings:
        found[slot_of(key) * nodes // SLOTS] += rate  # type: ignore[assignment]
    return found


def fitting(doings: list[tuple[str, float]], most: float) -> int:
    """How many primaries it takes until the busiest has no more than it carries; at least 3."""
    nodes = least = max(3, math.ceil(sum(rate for _, rate in doings) / most))
    while nodes < 4 * least and max(by_node(doings, nodes).values()) > most:
        nodes += max(1, nodes // 10)
    return nodes


def storm(sockets: int, accepts: float) -> float:
    """Seconds until all sockets of a process that ended are back at one of the others, if each comes once in time."""
    arrivals = sorted(random.uniform(0, JITTER_S) for _ in range(sockets))
    free = 0.0
    for at in arrivals:
        free = max(free, at) + 1 / accepts
    return free


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--online", type=int, default=10_000_000, help="players at once (default: 10,000,000)")
    parser.add_argument("--playing", type=float, default=0.2, help="share of them that plays (default: 0.2)")
    parser.add_argument(
        "--redis",
        type=float,
        default=60_000,
        help="commands a second of a node (default: 60,000)",
    )
    parser.add_argument("--web", type=float, default=250, help="pages of players a second of a process (default: 250)")
    parser.add_argument("--sockets", type=int, default=10_000, help="sockets of a process (default: 10,000)")
    parser.add_argument("--accepts", type=float, default=500, help="new sockets a second of a process (default: 500)")
    options = parser.parse_args()
    machine = Machine(options.redis, options.web, options.sockets, options.accepts)
    random.seed(17)
    with stage.prepare():
        print(report.machine())
        online, playing = options.online, options.playing
        pages, beats, moves = online * PAGES, online * BEATS, online * playing * MOVES
        print(f"{online:,} online, {playing:.0%} of them play")
        print(f"{pages:,.0f} pages, {beats:,.0f} beats and {moves:,.0f} moves a second")
        by_pages, by_sockets = pages / machine.web, online / machine.sockets
        processes = math.ceil(max(by_pages, by_sockets))
        print(f"web processes: {processes:,} ({by_pages:,.0f} for pages, {by_sockets:,.0f} for sockets)")
        doings = drawn(online, playing)
        total = sum(rate for _, rate in doings)
        by_tag: Counter[str] = Counter()
        for key, rate in doings:
            by_tag[key.partition("{")[2].partition("}")[0]] += rate  # type: ignore[assignment]
        nodes = fitting(doings, machine.redis)
        busiest = max(by_node(doings, nodes).values())
        print(f"Redis: {total:,.0f} commands/s; {nodes} primaries, the busiest of which has {busiest:,.0f}/s")
        for tag, rate in by_tag.most_common(3):
            fits = rate <= machine.redis
            print(f"  {{{tag}}}: {rate:,.0f}/s, {rate / total:.1%}" + ("" if fits else " – more than a node carries"))
        marks = 20 * 20  # Twenty boards, each marked at most every 50 ms.
        print(f"marks: at most {marks:,}/s to a process that watches all boards, {marks * processes:,.0f}/s to all")
        share = math.ceil(machine.sockets / max(1, processes - 1))
        back_s = storm(share, machine.accepts)
        print(f"a process ends: {machine.sockets:,} sockets come back, {share:,} to each other one, in {back_s:.1f} s")
        all_s = storm(machine.sockets, machine.accepts)
        print(f"all processes start anew: {machine.sockets:,} sockets each come back in {all_s:.1f} s")


if __name__ == "__main__":
    main()
