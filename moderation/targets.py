"""What operators act on: players, runs, runs in the queue, boards."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.db.models import QuerySet

from accounts.models import Player
from accounts.ranks import need_above
from audit.actions import Target
from leaderboard.models import Board, Run
from moderation.models import Suspicion

#: The permissions that the moderators' and the operators' actions need.
MODERATE, OPERATE = "moderation.add_moderation", "leaderboard.operate_board"


def _by(query: Callable[[str], "QuerySet[Any]"], words: str) -> Callable[[str], Awaitable[Any]]:
    async def find(name: str) -> Any:
        found = await query(name).afirst()
        if found is None:
            raise LookupError(words.format(name))
        return found

    return find


PLAYER = Target("player", Player, _by(Player.objects.named, "No player is called {}."), need_above)
RUN = Target(
    "run",
    Run,
    _by(lambda name: Run.objects.select_related("player").filter(pk=name), "No kept run is called {}."),
    lambda by, run: need_above(by, run.player),
)
QUEUED_RUN = Target(
    "run",
    Suspicion,
    _by(lambda name: Suspicion.objects.select_related("run__player").filter(pk=name), "No run {} is in the queue."),
    lambda by, suspicion: need_above(by, suspicion.run.player),
)
BOARD = Target("board", Board, _by(lambda name: Board.objects.filter(pk=name), "There is no board {}."))
