"""The tables of boards: definitions, accepted runs, ended seasons, merged guests and hidden players."""

import dataclasses

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Player
from leaderboard.periods import KINDS, Period, in_words
from leaderboard.score import POINTS_LIMIT, resolution_s


class Board(models.Model):
    """A ranking of one game's runs; its slug names its keys in Redis and never changes."""

    class Order(models.TextChoices):
        HIGHER = "desc", _("higher is better")
        LOWER = "asc", _("lower is better")

    class Operator(models.TextChoices):
        BEST = "best", _("each player's best run")
        TOTAL = "total", _("the sum of each player's runs")
        LATEST = "latest", _("each player's latest run")
        FIRST = "first", _("each player's first run")

    class Format(models.TextChoices):
        POINTS = "points", "12,345"
        TIME = "time", _("milliseconds, as m:ss.mmm")
        MOVES = "moves", _("moves, and the time where they are equal")

    slug = models.SlugField(primary_key=True, max_length=40, editable=False)
    title = models.CharField(max_length=60)
    game = models.SlugField(max_length=40, editable=False)
    order = models.CharField(max_length=4, choices=Order, default=Order.HIGHER)
    operator = models.CharField(max_length=6, choices=Operator, default=Operator.BEST)
    unit = models.CharField(max_length=20, default="points")
    format = models.CharField(max_length=6, choices=Format, default=Format.POINTS)
    points_max = models.PositiveBigIntegerField(
        validators=[MaxValueValidator(POINTS_LIMIT - 1)],
        help_text=_("More is refused. Below 4,194,304 ties are told apart to the second; above, less finely."),
    )
    keeps_day = models.BooleanField(_("keeps days"), default=True)
    keeps_week = models.BooleanField(_("keeps weeks"), default=True)
    keeps_month = models.BooleanField(_("keeps months"), default=True)
    keeps_all = models.BooleanField(_("keeps all time"), default=True)
    is_open = models.BooleanField(_("takes runs"), default=True)
    champion_weight = models.PositiveIntegerField(
        default=1, help_text=_("How much a point here counts on the champions board; 0 leaves this board out.")
    )

    resets = models.JSONField(default=dict, editable=False, help_text=_("Since when a reset period counts, UTC ms."))

    class Meta:
        ordering = ["title"]
        permissions = [("operate_board", _("Can close, reset and rebuild boards"))]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("leaderboard:board", args=[self.slug])

    @property
    def shown_title(self) -> str:
        """The title in the language in use; a game's name is the same in all."""
        return gettext(self.title)

    @property
    def unit_word(self) -> str:
        """The unit shown after a result; empty where the result says it itself."""
        return gettext(self.unit) if self.format == self.Format.POINTS else ""

    @property
    def kinds(self) -> list[str]:
        """The kinds of period that this board keeps, the shortest first."""
        return [kind for kind in KINDS if getattr(self, f"keeps_{kind}")]

    def since(self, period: Period) -> Period:
        """The part of a period that counts: all of it, or the part after its last reset."""
        return dataclasses.replace(period, start_ms=max(period.start_ms, self.resets.get(period.id, 0)))

    @property
    def tie_resolution_s(self) -> float:
        """How far apart in time two equal results near `points_max` must be for the earlier one to win, in seconds."""
        return resolution_s(self.points_max)

    @property
    def lower_is_better(self) -> bool:
        return self.order == self.Order.LOWER

    def clean(self) -> None:
        """Refuse changes that would make the stored scores wrong, with the reason."""
        if not self.kinds:
            raise ValidationError(_("A board keeps at least one period."))
        kept = Board.objects.filter(pk=self.pk).first()
        for field in ("order", "operator"):
            if kept and getattr(kept, field) != getattr(self, field) and kept.runs.exists():
                before = kept._get_FIELD_display(kept._meta.get_field(field))
                words = _(
                    "The kept scores were made with “{before}”. "
                    "Changing it would make them wrong: reset the board first."
                )
                raise ValidationError({field: words.format(before=before)})


class Run(models.Model):
    """An accepted run, written by the worker from the stream; its own `id` makes writing it twice harmless."""

    id = models.CharField(primary_key=True, max_length=40)
    board = models.ForeignKey(Board, models.PROTECT, related_name="runs")
    player = models.ForeignKey(Player, models.CASCADE, related_name="runs")
    points = models.PositiveBigIntegerField()
    started_at = models.DateTimeField()
    accepted_at = models.DateTimeField(db_index=True)
    sequence = models.PositiveBigIntegerField(help_text=_("The order in which the board took its runs."))
    record = models.TextField(help_text=_("What replays the run, as the game wrote it: seed and inputs, in JSON."))
    is_hidden = models.BooleanField("hidden", default=False)

    class Meta:
        ordering = ["-accepted_at"]
        indexes = [
            models.Index(fields=["board", "-points", "accepted_at"], name="run_board_points"),
            models.Index(fields=["board", "sequence"], name="run_board_sequence"),
            models.Index(fields=["player", "board", "-accepted_at"], name="run_player_board_time"),
            models.Index(fields=["-accepted_at"], condition=models.Q(is_hidden=True), name="run_hidden"),
        ]

    def __str__(self) -> str:
        return f"{self.points:,} by {self.player}"


class Season(models.Model):
    """An ended period of a board. `fence` is the highest fencing number that wrote to it; see store/lock.py."""

    board = models.ForeignKey(Board, models.CASCADE, related_name="seasons")
    period = models.CharField(max_length=20)
    kind = models.CharField(max_length=5)
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    fence = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-ends_at"]
        constraints = [models.UniqueConstraint(fields=["board", "period"], name="season_once")]

    def __str__(self) -> str:
        return f"{self.board}, {self.in_words}"

    @property
    def in_words(self) -> str:
        return in_words(self.period)

    def get_absolute_url(self) -> str:
        return reverse("leaderboard:season", args=[self.board_id, self.period])


class Placement(models.Model):
    """A player's final place in a season. Hidden players have one too; see archive.py for how it is read."""

    season = models.ForeignKey(Season, models.CASCADE, related_name="placements")
    rank = models.PositiveIntegerField()
    player = models.ForeignKey(Player, models.CASCADE, related_name="placements")
    points = models.PositiveBigIntegerField()
    reached_at = models.DateTimeField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["season", "player"], name="placement_once"),
            models.UniqueConstraint(fields=["season", "rank"], name="placement_rank_once"),
        ]

    def __str__(self) -> str:
        return f"place {self.rank:,} of {self.season_id}"


class Merge(models.Model):
    """A guest whose runs were moved to the account that the same browser signed in to. Rows are only ever added.

    `applied`: every run has been moved, and the guest is deleted.
    """

    guest_id = models.BigIntegerField(unique=True)
    guest_name = models.CharField(max_length=20)
    player = models.ForeignKey(Player, models.CASCADE, related_name="merges")
    runs = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True)
    applied = models.BooleanField(default=False)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.guest_name} → {self.player}"


class HiddenPlayer(models.Model):
    """A player whom moderators keep off every board."""

    player = models.OneToOneField(Player, models.CASCADE, primary_key=True, related_name="hidden")
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.player)
