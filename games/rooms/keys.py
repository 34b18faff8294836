"""The Redis keys of rooms. A room's keys share its id as hash tag; those of the registry share one of their own."""

from store.keys import Key, prefix

room = Key(
    "rooms:{<room>}:room",
    "hash",
    "game, seed, seats, status, epoch, rated, only, next; until_ms; of each seat its player, card, page, last number",
    ends="1 hour after its last sign of life",
    owner="room",
)
inputs = Key(
    "rooms:{<room>}:inputs",
    "stream",
    "what seats and sockets say to the runner",
    ends="with the room",
    owner="room",
)
log = Key(
    "rooms:{<room>}:log",
    "list",
    "JSON [tick, id of the last input read, version, [[seat, number, input], …], [seat that gave up, …]], oldest first",
    ends="with the room",
    owner="room",
)
keyframe = Key(
    "rooms:{<room>}:keyframe", "string", "JSON of what everybody may see", ends="with the room", owner="room"
)
frames = Key("rooms:{<room>}:frames", "list", "the frames shown since the keyframe", ends="with the room", owner="room")
checkpoint = Key(
    "rooms:{<room>}:checkpoint",
    "string",
    "JSON: tick, version, place in the inputs and in the log, state, seats",
    ends="with the room",
    owner="room",
)
leases = Key(
    "rooms:{rooms}:leases", "zset", "room that has to be run · when its runner's lease ends, UTC ms; 0: nobody's",
    stays="a member goes when its room is over",
)  # fmt: skip
epochs = Key("rooms:{rooms}:epochs", "hash", "room · its fencing number", stays="a member goes with its lease")
owners = Key("rooms:{rooms}:owners", "hash", "room · the name of its runner", stays="a member goes with its lease")
runners = Key(
    "rooms:{rooms}:runners",
    "zset",
    "name of a runner · until when it counts as alive, UTC ms",
    stays="old ones are dropped",
)
listed = Key(
    "rooms:{rooms}:listed", "hash", "room · JSON for the list of live rooms", stays="a member goes with its lease"
)
playing = Key(
    "rooms:{rooms}:playing",
    "hash",
    "player · the room that they have a seat in",
    stays="a member goes with its room",
)
tickets = Key(
    "rooms:{rooms}:tickets:<game>",
    "hash",
    "player who looks for an opponent · since when and seen when, UTC ms, and the JSON ticket",
    stays="a ticket ends after 15 s",
)
pairs = Key(
    "rooms:{rooms}:pairs", "hash", "room to be made · JSON of the two tickets", stays="until a runner has made it"
)
arena = Key(
    "rooms:{rooms}:arena:<game>",
    "string",
    "the arena to which newcomers of a game are led",
    ends="5 minutes after it was made",
    owner="nobody",
)
finished = Key(
    "rooms:{finished}:matches",
    "stream",
    "room · JSON of its match, on its way to SQL",
    stays="trimmed once acknowledged",
)


def channel(room_id: str) -> str:
    """Pub/sub channel · the frames of a room, as browsers get them · nothing kept."""
    return f"{prefix()}:rooms:{{{room_id}}}:frames"
