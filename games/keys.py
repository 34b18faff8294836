"""The Redis keys of runs. A run's keys share its id as hash tag."""

from store.keys import key

APP = "games"


def run(run_id: str) -> str:
    """hash · game, player, seed, state, seq, points, over, started_ms, settled · 7 days after a move, 1 once ranked."""
    return key(APP, run_id, "run")


def inputs(run_id: str) -> str:
    """list · the inputs that changed something, oldest first · as long as the run."""
    return key(APP, run_id, "inputs")


def current(player: int, game: str) -> str:
    """string · id of the player's newest run of a game · 7 days, as long as the run."""
    return key(APP, f"player:{player}", "current", game)


def finishing() -> str:
    """zset · id of a run that may have ended · when, UTC ms · no TTL: members go when their run is ranked."""
    return key(APP, "finishing", "runs")


def moments(run_id: str) -> str:
    """list · when each logged input was taken, UTC ms · as long as the run."""
    return key(APP, run_id, "moments")
