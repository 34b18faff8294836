"""The player, who is also Django's user."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower

from accounts.cards import Card
from accounts.names import guest_name, validate_name


class PlayerManager(BaseUserManager["Player"]):
    def get_by_natural_key(self, name: str | None) -> "Player":
        return self.get(name__iexact=name)

    def create_user(self, name: str, password: str | None = None, **fields: Any) -> "Player":
        """Make a member; a password of None cannot sign in."""
        player = self.model(name=name, **fields)
        player.set_password(password)
        player.save(using=self._db)
        return player

    def create_superuser(self, name: str, password: str, **fields: Any) -> "Player":
        return self.create_user(name, password, is_staff=True, is_superuser=True, **fields)

    def create_guest(self, country: str = "") -> "Player":
        """Make a guest with a free readable name and no password."""
        for _ in range(20):
            guest = self.model(name=guest_name(), is_guest=True, country=country)
            guest.set_unusable_password()
            try:
                with transaction.atomic(using=self._db):
                    guest.save(using=self._db)
                return guest
            except IntegrityError:
                continue  # The name was taken: the next one is free, all but surely.
        raise RuntimeError("no free guest name in 20 tries")


class Player(AbstractBaseUser, PermissionsMixin):
    """Somebody who plays: a guest (no password yet), a member, or a demo player that was planted."""

    class Visibility(models.TextChoices):
        EVERYONE = "everyone", "Everyone"
        NOBODY = "nobody", "Nobody"

    name = models.CharField(
        max_length=20,
        unique=True,
        validators=[validate_name],
        error_messages={"unique": "That name is taken. Please choose another."},
    )
    country = models.CharField(max_length=2, blank=True, help_text="Two capital letters (ISO 3166), or empty.")
    visibility = models.CharField(
        "who sees you online",
        max_length=10,
        choices=Visibility,
        default=Visibility.EVERYONE,
        help_text="Your scores stay on the boards either way.",
    )
    is_guest = models.BooleanField("guest", default=False)
    is_demo = models.BooleanField("demo player", default=False)
    is_active = models.BooleanField("may sign in", default=True)
    is_staff = models.BooleanField("may enter the admin", default=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PlayerManager()

    USERNAME_FIELD = "name"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="player_name_unique",
                violation_error_message="That name is taken. Please choose another.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_visible(self) -> bool:
        """Whether others may see that the player is online."""
        return self.visibility == self.Visibility.EVERYONE

    @property
    def card(self) -> Card:
        """What is shown of the player beside a score."""
        return Card(self.name, self.country, self.is_guest, self.is_demo)
