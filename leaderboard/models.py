"""What SQL keeps of boards: their definition and every accepted run."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse

from accounts.models import Player
from leaderboard.score import POINTS_LIMIT


class Board(models.Model):
    """A ranking of one game's runs; its slug names its keys in Redis and never changes."""

    slug = models.SlugField(primary_key=True, max_length=40, editable=False)
    title = models.CharField(max_length=60)
    game = models.SlugField(max_length=40, editable=False)
    points_max = models.PositiveBigIntegerField(
        validators=[MaxValueValidator(POINTS_LIMIT - 1)],
        help_text="More is refused. Below 4,194,304 ties are told apart to the second; above, less finely.",
    )

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("leaderboard:board", args=[self.slug])


class Run(models.Model):
    """An accepted run, written by the worker from the stream; its own `id` makes writing it twice harmless."""

    id = models.CharField(primary_key=True, max_length=40)
    board = models.ForeignKey(Board, models.PROTECT, related_name="runs")
    player = models.ForeignKey(Player, models.CASCADE, related_name="runs")
    points = models.PositiveBigIntegerField()
    started_at = models.DateTimeField()
    accepted_at = models.DateTimeField(db_index=True)
    record = models.TextField(help_text="What replays the run, as the game wrote it: seed and inputs, in JSON.")

    class Meta:
        ordering = ["-accepted_at"]
        indexes = [
            models.Index(fields=["board", "-points", "accepted_at"], name="run_board_points"),
            models.Index(fields=["player", "-accepted_at"], name="run_player_time"),
        ]

    def __str__(self) -> str:
        return f"{self.points:,} points by {self.player}"
