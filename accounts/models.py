"""The player, who is also Django's user."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.cards import Card
from accounts.names import AsciiLower, NameKey, fold, guest_name, validate_name

NAME_TAKEN = _("That name is taken, or looks like one that is. Please choose another.")
NAME_TAKEN_CODE = "name_taken"


class PlayerManager(BaseUserManager["Player"]):
    def get_by_natural_key(self, name: str | None) -> "Player":
        return self.named(name or "").get()

    def named(self, name: str) -> "models.QuerySet[Player]":
        """The player of this name, ignoring case, but never one whose name only looks alike.

        Uses the key that is stored beside the name, because a database may follow any language's rules for case.
        """
        folded = fold(name)
        alike = models.Q(name_key=folded) | models.Q(name_key__startswith=f"{folded}#")
        return self.filter(alike, Exact(AsciiLower("name"), name.lower()))

    def create_user(self, name: str, password: str | None = None, **fields: Any) -> "Player":
        """Make a member; with a password of None they cannot sign in."""
        player = self.model(name=name, **fields)
        player.set_password(password)
        player.save(using=self._db)
        return player

    def create_superuser(self, name: str, password: str, **fields: Any) -> "Player":
        return self.create_user(name, password, is_staff=True, is_superuser=True, **fields)

    def create_guest(self) -> "Player":
        """Make a guest with a free readable name and no password."""
        for _attempt in range(20):
            guest = self.model(name=guest_name(), is_guest=True)
            guest.set_unusable_password()
            try:
                with transaction.atomic(using=self._db):
                    guest.save(using=self._db)
                return guest
            except IntegrityError:
                continue  # The name was taken. The next one is almost certainly free.
        raise RuntimeError("no free guest name in 20 tries")


class Player(AbstractBaseUser, PermissionsMixin):
    """A player: a guest (no password yet), a member, a generated demo player, or a deleted one (`is_gone`).

    A deleted player has no name, rights or sessions. A deleted account that leaves runs, placements or
    admin entries gets one such row, to which these point.
    """

    class Visibility(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")
        FOLLOWS = "follows", _("Players I follow")
        NOBODY = "nobody", _("Nobody")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Match my device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    AVATARS = 12
    #: The ids of the players they follow. Set only for sockets, which read it once.
    follow_ids: Sequence[int] = ()

    name = models.CharField(
        _("name"),
        max_length=20,
        unique=True,
        validators=[validate_name],
        error_messages={"unique": NAME_TAKEN},
    )
    name_key = NameKey()
    renamed_at = models.DateTimeField(null=True, editable=False)
    email = models.EmailField(
        _("email address"), blank=True, help_text=_("Only for a new password when you forget yours.")
    )
    email_asked = models.EmailField(_("email address to be confirmed"), blank=True, editable=False)
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("Two capital letters (ISO 3166), or empty.")
    )
    visibility = models.CharField(
        _("who sees you online"),
        max_length=10,
        choices=Visibility,
        default=Visibility.EVERYONE,
        help_text=_("Your scores stay on the boards either way."),
    )
    theme = models.CharField(_("colours"), max_length=6, choices=Theme, default=Theme.SYSTEM)
    sound = models.BooleanField(_("sound on"), default=False, help_text=_("The button beside a game changes it, too."))
    reduced_motion = models.BooleanField(
        _("less motion"), default=False, help_text=_("Nothing glides or pops. Your device may ask for it by itself.")
    )
    clear_colors = models.BooleanField(
        _("colours that are easy to tell apart"),
        default=False,
        db_default=False,
        help_text=_("In the games, for eyes that see some colours alike. It replaces the themes that you wear."),
    )
    challenges = models.BooleanField(
        _("others may challenge you"),
        default=True,
        db_default=True,
        help_text=_("A challenge to a match appears at once on any page that you have open."),
    )
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    avatar = models.PositiveSmallIntegerField(
        _("picture"), default=0, choices=[(n, str(n + 1)) for n in range(AVATARS)]
    )
    themes = models.JSONField(default=dict, blank=True, editable=False, help_text=_("The theme worn in each game."))
    name_color = models.CharField(max_length=20, blank=True, editable=False)
    avatar_frame = models.CharField(max_length=20, blank=True, editable=False)
    is_guest = models.BooleanField(_("guest"), default=False)
    is_demo = models.BooleanField(_("demo player"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_gone = models.BooleanField("gone", default=False, editable=False)
    leaving_at = models.DateTimeField("deletion begun", null=True, editable=False)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PlayerManager()

    USERNAME_FIELD = "name"

    class Meta:
        permissions = [
            ("revoke_sessions", _("Can sign players out everywhere")),
            ("grant_coins", _("Can give players coins")),
        ]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="player_name_unique", violation_error_message=NAME_TAKEN)
        ]
        indexes = [
            models.Index(fields=["is_guest", "joined_at"], name="player_guest_joined"),
            models.Index(fields=["-joined_at"], name="player_joined"),
            models.Index(fields=["country", "-joined_at"], name="player_country_joined"),
            # For filters of the admin that match few players.
            models.Index(fields=["-joined_at"], condition=models.Q(is_staff=True), name="player_staff"),
            models.Index(fields=["-joined_at"], condition=models.Q(is_demo=True), name="player_demo"),
            models.Index(fields=["-joined_at"], condition=models.Q(is_active=False), name="player_inactive"),
            # Queried every minute, and matches almost nobody.
            models.Index(fields=["leaving_at"], condition=models.Q(leaving_at__isnull=False), name="player_leaving"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    def clean(self) -> None:
        """Refuse a new name that looks like somebody else's."""
        super().clean()
        folded = fold(self.name)
        is_new = folded != self.name_key.partition("#")[0]
        alike = models.Q(name_key=folded) | models.Q(name_key__startswith=f"{folded}#")
        if is_new and Player.objects.filter(alike).exclude(pk=self.pk).exists():
            raise ValidationError({"name": ValidationError(NAME_TAKEN, code=NAME_TAKEN_CODE)})

    def wearing(self, kind: str) -> str:
        """The slug of the shop item of this kind that the player wears; empty for none."""
        head, _, game = kind.partition(":")
        return self.themes.get(game, "") if head == "theme" else getattr(self, kind)

    @property
    def shown_name(self) -> str:
        """The name that others see; `Somebody` for a deleted player."""
        return gettext("Somebody") if self.is_gone else self.name

    @property
    def is_visible(self) -> bool:
        """Whether everybody may see that the player is online."""
        return self.visibility == self.Visibility.EVERYONE

    @property
    def card(self) -> Card:
        """What is shown of the player beside a score."""
        looks = self.avatar, self.name_color, self.avatar_frame
        return Card(self.shown_name, self.country, self.is_guest, self.is_demo, *looks)


class Follow(models.Model):
    """One player follows another: sees them first among those online, and may filter boards to them."""

    follower = models.ForeignKey(Player, models.CASCADE, related_name="follows")
    followed = models.ForeignKey(Player, models.CASCADE, related_name="followers")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="follow_once"),
            models.CheckConstraint(condition=~models.Q(follower=models.F("followed")), name="follow_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.follower} follows {self.followed}"
