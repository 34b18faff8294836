"""Staff of each role, and what they do in the admin."""

from django.contrib.auth.models import Group

from accounts.models import Player

GOOD = "correct horse"


def staff(role: str, name: str = "") -> Player:
    """A new member of staff with one of the roles that the site ships."""
    player = Player.objects.create_user(name or f"Staff-{role}", GOOD, is_staff=True)
    player.groups.add(Group.objects.get(name=role))
    return Player.objects.get(pk=player.pk)


def act(client, path: str, action: str, chosen, **fields) -> str:
    """Do an action of the admin to one chosen row; returns the page that follows."""
    data = {"action": action, "_selected_action": [chosen.pk], **fields}
    return client.post(f"/admin/{path}/", data, follow=True).content.decode()
