"""After a match: one event on a stream, and from it, once, everything that outlives the room.

A row for each seat in SQL, ratings, and a run on the game's board, from which coins, achievements and the feed follow.
"""

import contextlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import transaction

from accounts.models import Player
from games.kept_runs.record import Record
from games.models import Match, MatchSeat, Rating
from games.rooms import keys
from games.rooms.after import ratings
from games.rooms.after.ended import Ended, decode, people
from games.rooms.game import RoomGame, find_room_game
from games.rooms.messages import Rated
from games.rooms.rooms import tell
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Board, Merge
from live.errors import GameError
from store import stream
from store.client import client
from store.keys import dead_letters
from store.stream import Entry, Group
from store.trouble import SQL_TROUBLE

#: The same two play at most this many rated matches a day.
RATED_A_DAY = 10
#: More points no round of an arena can bring.
POINTS_MAX = 1_000_000_000
#: Who has a seat but no account any more.
GONE = "Somebody"


async def write(entries: Sequence[Entry]) -> None:
    """Write a batch of ended matches, each once, and rank their ratings."""
    for entry in entries:
        room, ended = entry.fields["room"], await sync_to_async(_as_now)(decode(entry.fields["match"]))
        rated = await sync_to_async(_written)(room, ended)
        game = find_room_game(ended.game)
        runs = await _points_runs(room, ended) if game.arena else []
        if runs:
            await _ensure_board(game.slug, title=game.title, game=game.slug, points_max=POINTS_MAX)
        if rated:
            await _ensure_board(game.ratings_board, **_of_ratings(game))
            await _tell_ratings(room, game.seats)
        for run in [*runs, *(_run(room, ended, player, rating) for player, rating in rated)]:
            try:
                await boards.submit(run)
            except GameError:
                continue  # Hidden by moderators, or the board is closed.


async def _tell_ratings(room: str, count: int) -> None:
    """Show everybody who is still in the room what became of the ratings; 0 stands for a seat that has none."""
    before, after = [0] * count, [0] * count
    async for seat in MatchSeat.objects.filter(match=room, number__lt=count):
        before[seat.number], after[seat.number] = seat.rating_before or 0, seat.rating_after or 0
    await tell(room, Rated(before, after))


async def _ensure_board(slug: str, **own: Any) -> None:
    """Give a game its board with the first match that counts there."""
    await Board.objects.aget_or_create(slug=slug, defaults=own)


def _of_ratings(game: RoomGame) -> dict[str, Any]:
    """A board of ratings: the latest counts."""
    title = f"{game.title}: rating" if game.arena else game.title
    own = {"title": title, "game": game.slug, "points_max": 10_000, "unit": "rating"}
    return own | {"operator": Board.Operator.LATEST, "champion_weight": 0}


def _written(room: str, ended: Ended) -> list[tuple[Player, Rating]]:
    """Write a match and move its ratings, both or neither; returns who was rated, also when it was written before."""
    players = Player.objects.in_bulk([seat.player for seat in ended.seats if not seat.bot])
    with transaction.atomic():
        match, is_new = Match.objects.get_or_create(
            pk=room,
            defaults={
                "game": ended.game,
                "seed": ended.seed,
                "log": ended.log,
                "is_rated": ended.rated
                and all(seat.player in players for _, seat in people(ended))
                and not _too_often(ended),
                "ended_at": datetime.fromtimestamp(ended.ended_ms / 1000, UTC),
            },
        )
        rated = _ratings(ended) if match.is_rated else []
        before = {rating.player_id: rating.shown for rating in rated}
        if is_new and rated:
            ratings.rate(rated, [ended.places[number] for number, _ in people(ended)])
            for rating in rated:
                rating.save()
        after = {rating.player_id: rating.shown for rating in rated}
        if is_new:
            MatchSeat.objects.bulk_create(
                MatchSeat(
                    match=match,
                    number=ended.number(number),
                    player=players.get(seat.player),
                    name=seat.card.name if seat.bot or seat.player in players else GONE,
                    place=ended.places[number],
                    points=ended.points[number],
                    rating_before=None if seat.bot else before.get(seat.player),
                    rating_after=None if seat.bot else after.get(seat.player),
                )
                for number, seat in enumerate(ended.seats)
            )
    return [(players[rating.player_id], rating) for rating in rated]


def _as_now(ended: Ended) -> Ended:
    """A match with the accounts to which guests have moved meanwhile."""
    moves = Merge.objects.filter(guest_id__in=[seat.player for seat in ended.seats if not seat.bot])
    moved = dict(moves.values_list("guest_id", "player_id"))
    seats = [msgspec.structs.replace(seat, player=moved.get(seat.player, seat.player)) for seat in ended.seats]
    return msgspec.structs.replace(ended, seats=seats)


def _ratings(ended: Ended) -> list[Rating]:
    """The ratings of the players, in the order of their seats."""
    wanted = [seat.player for _, seat in people(ended)]
    kept = {
        each.player_id: each for each in Rating.objects.select_for_update().filter(player__in=wanted, game=ended.game)
    }
    return [kept.get(player) or ratings.new(player, ended.game) for player in wanted]


def _too_often(ended: Ended) -> bool:
    """Whether these have had their rated matches of the day: who trades wins gains nothing."""
    since = datetime.fromtimestamp(ended.ended_ms / 1000, UTC) - timedelta(days=1)
    played = Match.objects.filter(game=ended.game, is_rated=True, ended_at__gte=since)
    for _, seat in people(ended):
        played = played.filter(seats__player=seat.player)
    return played.count() >= RATED_A_DAY


def _run(room: str, ended: Ended, player: Player, rating: Rating) -> FinishedRun:
    """A rating as a run of the game's board, where the latest counts."""
    seat = next(number for number, each in enumerate(ended.seats) if each.player == player.pk)
    place = ended.places[seat]
    drew, won = ended.places.count(place) == len(ended.places), place == 1 and ended.places.count(1) == 1
    counted = {"wins": rating.wins, "win_streak": rating.streak, "drew": int(drew), "won": int(won)}
    game = find_room_game(ended.game)
    # The run on the board of points has the marks of a round, and is paid.
    marks = counted | {"pays": 0} if game.arena else ended.marks[seat] | counted
    return FinishedRun(
        id=f"{room}.{ended.number(seat)}{'r' if game.arena else ''}",
        board=game.ratings_board,
        player=player.pk,
        card=player.card,
        points=rating.shown,
        started_ms=ended.ended_ms,
        record=msgspec.json.encode(Record(game=ended.game, marks=marks)).decode(),
    )


async def _points_runs(room: str, ended: Ended) -> list[FinishedRun]:
    there = find_room_game(ended.game).seats  # Who has left has no points.
    took_part = {
        index: seat.player for index, seat in enumerate(ended.seats) if not seat.bot and ended.number(index) < there
    }
    found = Player.objects.filter(pk__in=took_part.values(), is_gone=False)
    known = {pk async for pk in found.values_list("pk", flat=True)}
    # A run counts from 1 point, as everywhere.
    return [_points_run(room, ended, at) for at, player in took_part.items() if player in known and ended.points[at]]


def _points_run(room: str, ended: Ended, number: int) -> FinishedRun:
    """What a player reached in a round of an arena, as a run of the game's board."""
    seat = ended.seats[number]
    marks = ended.marks[number] | {"won": int(ended.places[number] == 1 and ended.places.count(1) == 1)}
    return FinishedRun(
        id=f"{room}.{ended.number(number)}",
        board=ended.game,
        player=seat.player,
        card=seat.card,
        points=ended.points[number],
        started_ms=ended.ended_ms,
        record=msgspec.json.encode(Record(game=ended.game, marks=marks)).decode(),
    )


async def _of(players: Collection[int]) -> list[Entry]:
    """The matches of these players on the stream and among its dead letters. Redis: two reads of all of them."""
    found = []
    for name in (keys.finished(), dead_letters(keys.finished())):
        for entry_id, fields in await client().xrange(name):
            with contextlib.suppress(msgspec.DecodeError):  # A dead letter may be no match at all.
                if any(seat.player in players and not seat.bot for seat in decode(fields["match"]).seats):
                    found.append(Entry(name, entry_id, fields))
    return found


async def are_written(players: Collection[int]) -> bool:
    """Whether every match of these players has reached SQL."""
    rooms = {entry.fields["room"] for entry in await _of(players)}
    return await Match.objects.filter(pk__in=rooms).acount() == len(rooms)


async def write_out(players: Collection[int]) -> None:
    """Write the matches of these players now, and drop them from the stream; a dead letter is dropped unwritten."""
    for entry in await _of(players):
        if entry.stream == keys.finished():
            await write([entry])
        await client().xdel(entry.stream, entry.id)


async def trim() -> int:
    """Drop the matches that are written; returns how many. One round trip."""
    return await stream.trim(keys.finished(), [GROUP.name])


async def streams() -> list[str]:
    """The stream of finished rooms."""
    return [keys.finished()]


GROUP = Group("matches", write, trouble=SQL_TROUBLE)
