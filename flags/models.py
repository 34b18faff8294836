"""The definitions of flags and experiments in SQL. They determine which players are in; see flags.py."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Player


class Flag(models.Model):
    """A feature that is on for some players. `revision` counts its changes and tells which one a bitmap is of."""

    class State(models.TextChoices):
        OFF = "off", "off"
        EVERYONE = "everyone", _("on for everyone")
        PERCENTAGE = "percentage", _("on for a share of the players")
        CHOSEN = "chosen", _("on for chosen players")

    slug = models.SlugField("name", primary_key=True, max_length=40)
    description = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.OFF)
    percentage = models.PositiveSmallIntegerField(
        _("share in %"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("A larger share holds everybody of a smaller one."),
    )
    players = models.ManyToManyField(Player, blank=True, verbose_name=_("chosen players"))
    is_killed = models.BooleanField(
        _("kill switch"), default=False, help_text=_("Off for everybody, whatever else is set.")
    )
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        _need_own_name(self, Experiment)


class Experiment(models.Model):
    """An A/B test: a share of the players, half of them in each arm, nobody in both."""

    slug = models.SlugField("name", primary_key=True, max_length=40)
    description = models.CharField(max_length=200)
    percentage = models.PositiveSmallIntegerField(_("share in %"), default=100, validators=[MaxValueValidator(100)])
    is_running = models.BooleanField("running", default=False)
    started_at = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def clean(self) -> None:
        _need_own_name(self, Flag)


def _need_own_name(each: models.Model, other: type[models.Model]) -> None:
    """Refuse a name of the other kind: Redis keeps the bitmap revisions of flags and experiments under one key."""
    if other._default_manager.filter(pk=each.pk).exists():
        raise ValidationError(
            {"slug": _("There is {kind} “{name}” already.").format(kind=other._meta.verbose_name, name=each.pk)}
        )
