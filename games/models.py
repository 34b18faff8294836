"""What SQL keeps of matches: each with its seats and its log, everybody's rating, and who has blocked whom."""

from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Player

BEST_COUNT = 3


class Match(models.Model):
    """A match that is over. `log` replays it: JSON entries, see games/rooms/running/log.py."""

    id = models.CharField(primary_key=True, max_length=40)
    game = models.SlugField(max_length=40)
    seed = models.CharField(max_length=64)
    log = models.TextField()
    is_rated = models.BooleanField("rated", default=False)
    ended_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-ended_at"]
        verbose_name_plural = "matches"

    def __str__(self) -> str:
        return self.id

    @property
    def best(self) -> list["MatchSeat"]:
        """Both seats of a duel in their order, of more the best three."""
        seats = list(self.seats.all())
        return seats if len(seats) == 2 else sorted(seats, key=lambda each: (each.place, each.number))[:BEST_COUNT]

    @property
    def others(self) -> int:
        """How many seats are not among the best."""
        return len(self.seats.all()) - len(self.best)


class MatchSeat(models.Model):
    """A seat of a match and how it ended; without a player for a bot. Ratings are None where it was not rated."""

    match = models.ForeignKey(Match, models.CASCADE, related_name="seats")
    number = models.PositiveSmallIntegerField()
    player = models.ForeignKey(Player, models.SET_NULL, null=True, related_name="match_seats")
    name = models.CharField(max_length=40)
    place = models.PositiveSmallIntegerField()
    points = models.PositiveBigIntegerField()
    rating_before = models.IntegerField(null=True)
    rating_after = models.IntegerField(null=True)

    class Meta:
        ordering = ["match", "number"]
        constraints = [models.UniqueConstraint(fields=["match", "number"], name="match_seat_once")]

    def __str__(self) -> str:
        return f"{self.match_id} #{self.number}"

    @property
    def outcome(self) -> str:
        """How the match ended for this seat, in a word; the place where more than two played."""
        if (count := len(self.match.seats.all())) > 2:
            return _("#{place} of {count}").format(place=self.place, count=count)
        if [seat.place for seat in self.match.seats.all()].count(self.place) > 1:
            return _("Drew")
        return _("Won") if self.place == 1 else _("Lost")


class Rating(models.Model):
    """How well somebody plays a room game: openskill's mean and deviation, and what is shown of them."""

    player = models.ForeignKey(Player, models.CASCADE, related_name="ratings")
    game = models.SlugField(max_length=40)
    mu = models.FloatField()
    sigma = models.FloatField()
    shown = models.IntegerField()
    matches = models.PositiveIntegerField(default=0)
    wins = models.PositiveIntegerField(default=0)
    streak = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["player", "game"], name="rating_once")]

    def __str__(self) -> str:
        return f"{self.player_id} {self.game}: {self.shown}"


class Puzzle(models.Model):
    """A day's puzzle of a game: its seed, drawn when the day has begun."""

    game = models.SlugField(max_length=40)
    day = models.DateField()
    seed = models.CharField(max_length=64)

    class Meta:
        ordering = ["-day", "game"]
        constraints = [models.UniqueConstraint(fields=["game", "day"], name="puzzle_once")]

    def __str__(self) -> str:
        return f"{self.game} {self.day}"


class Block(models.Model):
    """A player who wants never to meet another again: not in a match, not by a challenge, not by an emote.

    Nobody is led to an arena in which the other is; who comes later goes elsewhere, too.
    """

    player = models.ForeignKey(Player, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(Player, models.CASCADE, related_name="blocked_by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["player", "blocked"], name="block_once")]

    @classmethod
    def of(cls, player: int) -> set[int]:
        """Whom a player has blocked, and who has blocked them. Sync."""
        found = cls.objects.filter(models.Q(player=player) | models.Q(blocked=player))
        return {each for pair in found.values_list("player_id", "blocked_id") for each in pair} - {player}

    @classmethod
    def between(cls, player: int, others: list[int]) -> bool:
        """Whether one of these has blocked the player, or the player one of them. Sync."""
        theirs = cls.objects.filter(player__in=others, blocked=player)
        return (theirs | cls.objects.filter(player=player, blocked__in=others)).exists()

    def __str__(self) -> str:
        return f"{self.player_id} blocks {self.blocked_id}"
