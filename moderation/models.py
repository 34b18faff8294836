"""What moderators did, and the queue of suspicious runs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Player
from leaderboard.models import Run


class Moderation(models.Model):
    """What a moderator did, to whom, why and when. Only ever added to."""

    class Action(models.TextChoices):
        HIDE_PLAYER = "hide_player", _("hid the player")
        RESTORE_PLAYER = "restore_player", _("restored the player")
        HIDE_RUN = "hide_run", _("hid the run")
        RESTORE_RUN = "restore_run", _("restored the run")
        BAN = "ban", _("banned the player")
        UNBAN = "unban", _("lifted the ban")

    action = models.CharField(max_length=14, choices=Action)
    player = models.ForeignKey(Player, models.CASCADE, related_name="moderations")
    run = models.ForeignKey(Run, models.CASCADE, null=True, blank=True)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    applied = models.BooleanField(default=True, help_text=_("Boards and archives show it."))
    queued = models.BooleanField(
        default=False, editable=False, help_text=_("Left to the worker, which goes on with it.")
    )

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], condition=models.Q(applied=False), name="moderation_unapplied")]

    def __str__(self) -> str:
        return f"{self.by or 'a command'} {self.get_action_display()} {self.player}"


class Suspicion(models.Model):
    """A run that a program may have played: why, and how sure we are. High ones are hidden until somebody decides."""

    class Confidence(models.TextChoices):
        HIGH = "high", _("high: hidden until decided")
        MEDIUM = "medium", _("medium: shown")

    class Decision(models.TextChoices):
        OPEN = "open", _("to be decided")
        CLEARED = "cleared", _("cleared")
        CONFIRMED = "confirmed", _("confirmed")

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="suspicion")
    confidence = models.CharField(max_length=6, choices=Confidence)
    words = models.CharField("why", max_length=300)
    decision = models.CharField(max_length=9, choices=Decision, default=Decision.OPEN, db_index=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.words}"
