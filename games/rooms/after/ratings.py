"""Ratings by openskill (Plackett-Luce), for two as for many. Shown as 1,500 at first, higher for the better.

Who has played fewer than ten rated matches is provisional. One whose deviation is large moves far.
"""

from collections.abc import Sequence

from openskill.models import PlackettLuce

from games.models import Rating

PROVISIONAL_MATCHES = 10
FIRST, SCALE = 1500, 40

_model = PlackettLuce()


def shown(mu: float) -> int:
    """The number that people see: 1,500 for the mean of all, 40 for each of openskill's."""
    return max(0, round(FIRST + SCALE * (mu - _model.mu)))


def new(player: int, game: str) -> Rating:
    """Somebody who has not played yet; not written."""
    return Rating(player_id=player, game=game, mu=_model.mu, sigma=_model.sigma, shown=shown(_model.mu))


def is_provisional(rating: Rating) -> bool:
    """Whether it says little yet."""
    return rating.matches < PROVISIONAL_MATCHES


def rate(ratings: Sequence[Rating], places: Sequence[int]) -> None:
    """Move ratings by how a match ended; equal places are a draw. Not written."""
    teams = [[_model.rating(mu=each.mu, sigma=each.sigma)] for each in ratings]
    after = _model.rate(teams, ranks=list(map(float, places)))
    first_is_alone = sorted(places).count(min(places)) == 1
    for rating, [moved], place in zip(ratings, after, places, strict=True):
        rating.mu, rating.sigma, rating.shown = moved.mu, moved.sigma, shown(moved.mu)
        rating.matches += 1
        won = place == 1 and first_is_alone
        rating.wins += won
        rating.streak = rating.streak + 1 if won else 0


async def of(player: int, game: str) -> Rating:
    """A player's rating, or that of somebody new."""
    return await Rating.objects.filter(player=player, game=game).afirst() or new(player, game)
