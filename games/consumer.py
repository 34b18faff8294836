"""A play socket: the site's socket, plus the runs of one game."""

from typing import Any, ClassVar

import msgspec
from django.utils.translation import gettext_noop

from games import messages, ranking, runs
from games.daily import puzzles
from games.game import Game, SignInFirst, find
from games.modes import parse
from games.runs import Run, RunOver
from leaderboard import reports
from leaderboard.stream import overtaken
from live.errors import GameError
from live.observe import counters
from live.rate_limits import enter, pass_or_refuse, socket_address
from presence.consumer import SiteConsumer
from store.limits import Allowance
from store.together import together
from wallet.coins import coins_of


class PlayConsumer(SiteConsumer):
    """Decodes inputs, has `runs` play them, and answers. The run in hand is kept, so a move costs one round trip."""

    decoder: ClassVar = msgspec.json.Decoder(messages.PlayMessage)

    def __init__(self) -> None:
        super().__init__()
        self.run: Run | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["player"]:
            self._moves = Allowance("move", str(scope["player"].pk))
        await super().__call__(scope, receive, send)

    @property
    def activity(self) -> str:
        return f"playing {self.game.title}" if self.run is not None and not self.run.over else super().activity

    @property
    def game(self) -> Game:
        return find(self.scope["url_route"]["kwargs"]["slug"])

    def _player_id(self) -> int:
        if self.player is None:
            raise SignInFirst
        return self.player.pk

    async def on_start(self, message: messages.Start) -> None:
        player, mode = self._player_id(), parse(message.mode)
        await enter("run_start", str(player))
        await enter("run_start_address", socket_address(self.scope))
        start = await puzzles.start_of(self.game, self.player, mode, puzzles.cookie_in(self.scope["headers"]))
        self.run = await runs.begin(self.game, player, mode, seed=start.seed, inputs_max=start.inputs_max)
        if self.run.seq == 0:
            counters.count("runs_started")
        await self._show()
        if self.run.over:  # A puzzle of the day that was played: its result is shown again.
            await self._rank()
        await self.show_presence()

    async def on_resume(self, message: messages.Resume) -> None:
        self.run = await runs.load(message.run, self._player_id())
        await self._show()
        if self.run.over:
            await self._rank()
        else:
            await self.show_presence()

    async def on_move(self, message: messages.Move) -> None:
        self._player_id()
        if not self._moves.spend():
            pass_or_refuse(await self._moves.take())
        known = self.run is not None and self.run.id == message.run
        run = await self._in_hand(message.run)
        if message.seq <= run.seq:
            # Sent again, and played the first time. A socket that has not seen the run yet is shown it.
            return None if known else await self._show()
        if message.seq > run.seq + 1:
            # A gap from here; if another tab or process moved on meanwhile, the run itself may have none.
            run = await self._reload()
            if message.seq != run.seq + 1:
                return await self._show()
        after = await runs.move(run, message.input)
        if after is None:
            await self._reload()
            return await self._show()
        self.run = after
        await self.reply(messages.Moved(after.id, after.seq, after.points, after.over, after.view))
        if after.over:
            await self._rank()

    async def on_end(self, message: messages.End) -> None:
        # What is in hand may be old: another tab or process has moved on.
        ended = await runs.end(await self._in_hand(message.run)) or await runs.end(await self._reload())
        if ended is None:
            raise GameError(gettext_noop("The run moved on while you ended it. Try again."))
        self.run = ended
        await self._show()
        await self._rank()

    async def _in_hand(self, run_id: str) -> Run:
        if self.run is None or self.run.id != run_id:
            self.run = await runs.load(run_id, self._player_id())
        return self.run

    async def _reload(self) -> Run:
        assert self.run is not None
        self.run = await runs.load(self.run.id, self._player_id())
        if self.run.over:
            raise RunOver
        return self.run

    async def _show(self) -> None:
        run = self.run
        assert run is not None
        await self.reply(messages.RunState(run.id, run.seq, run.points, run.over, run.view, run.started_ms))

    async def _rank(self) -> None:
        run = self.run
        assert run is not None
        try:
            report = await ranking.submit(run, self.player.card)
        except GameError as error:
            counters.count(f"run_refused_{error.code}")
            raise
        counters.count("runs_finished")
        self.run = msgspec.structs.replace(run, log=None)  # It is kept by now, and long: not in each socket's memory.
        coins = coins_of(run.points, run.game.points_per_coin) if report.changes else 0
        await self.reply(messages.Finished(run.id, run.points, reports.to_state(report), ranking.counts(run), coins))
        told = overtaken.tell(run.board or run.game.slug, run.player, report)
        await together(ranking.settled(run), self.show_presence(), told)
