"""What SQL keeps of achievements."""

from django.db import models

from accounts.models import Player


class Award(models.Model):
    """An achievement that a player has earned, once."""

    player = models.ForeignKey(Player, models.CASCADE, related_name="awards")
    slug = models.SlugField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["player", "slug"], name="award_once")]

    def __str__(self) -> str:
        return f"{self.slug} of {self.player}"


class Progress(models.Model):
    """The highest value that a player has reached for a measure of achievements; it never falls."""

    player = models.ForeignKey(Player, models.CASCADE, related_name="progress")
    measure = models.CharField(max_length=60)
    value = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["player", "measure"], name="progress_once")]
        verbose_name_plural = "progress"

    def __str__(self) -> str:
        return f"{self.measure} of {self.player}: {self.value}"
