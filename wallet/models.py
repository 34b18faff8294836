"""The ledger in SQL."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Player
from wallet.reasons import in_language


class LedgerEntry(models.Model):
    """A movement of coins, written by the worker from the ledger stream; its `id` is the request id."""

    id = models.CharField(primary_key=True, max_length=80)
    player = models.ForeignKey(Player, models.CASCADE, related_name="ledger")
    amount = models.BigIntegerField(help_text=_("Coins gained, or spent when below zero."))
    balance = models.PositiveBigIntegerField(help_text=_("Coins after it."))
    reason = models.CharField(max_length=80)
    item = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    sequence = models.PositiveBigIntegerField(help_text=_("The order in which the wallet took its movements."))

    class Meta:
        ordering = ["-sequence"]
        verbose_name_plural = "ledger entries"
        indexes = [
            models.Index(fields=["player", "-sequence"], name="ledger_player_sequence"),
            models.Index(fields=["-sequence"], name="ledger_sequence"),
        ]

    @property
    def reason_shown(self) -> str:
        """The reason in the language in use."""
        return in_language(self.reason)

    def __str__(self) -> str:
        return f"{self.amount:+,} for {self.player}: {self.reason}"
