"""The Redis keys of runs. A run's keys share its id as hash tag."""

from store.keys import Key

run = Key(
    "games:{<run>}:run",
    "hash",
    "game, player, seed, state, seq, points, over, started_ms, mode, inputs_max, settled",
    ends="7 days after a move, 1 day once ranked",
    owner="run",
)
inputs = Key(
    "games:{<run>}:inputs", "list", "the inputs that changed something, oldest first", ends="with the run", owner="run"
)
moments = Key("games:{<run>}:moments", "list", "when each of them was taken, UTC ms", ends="with the run", owner="run")
current = Key(
    "games:{player:<player>}:current:<game>",
    "string",
    "id of the player's newest run of a game, for free play or `<game>/<mode>`",
    ends="with the run",
    owner="player",
)
finishing = Key(
    "games:{finishing}:runs",
    "zset",
    "id of a run that may have ended · when, UTC ms",
    stays="a member goes when its run is ranked",
)
