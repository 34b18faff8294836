"""One declaration makes an action: for the admin, a terminal, the audit trail, roles and the table of rights."""

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import Player
from accounts.ranks import MODERATOR, NotYours
from audit import actions
from audit.actions import Act, ReasonMissing, action
from audit.models import Entry
from moderation.targets import PLAYER
from operators import roles
from store.sync_loop import run_sync
from tests.moderation.test_authorization import all_actions, browser

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rename_player():
    """A toy: one declaration and one function."""

    @action(
        PLAYER,
        role=MODERATOR,
        permission="accounts.delete_follow",
        words="Rename these players",
        past="renamed",
        help="give a player another name",
        asks={"name": forms.CharField(max_length=20)},
        says=lambda player, name: f"Now called {name}.",
    )
    async def rename_player(player: Player, name: str, *, act: Act) -> str:
        await Player.objects.filter(pk=player.pk).aupdate(name=name, name_key=name.lower())
        return name

    roles.ensure()
    yield rename_player
    del actions.REGISTRY["rename_player"]
    roles.ensure()


def test_it_is_in_all_five(rename_player, capsys):
    bob = Player.objects.create_user("Bob", "correct horse")
    # The roles' table, and the table of rights.
    assert Group.objects.get(name="Operator").permissions.filter(codename="delete_follow").exists()
    assert "moderator" in all_actions()["accounts/player", "rename_player"]
    # The admin: offered to moderators, asks for a reason and a name, does it.
    assert 'value="rename_player"' not in browser("staff").get("/admin/accounts/player/").content.decode()
    moderator = browser("moderator")
    assert "Rename these players…" in moderator.get("/admin/accounts/player/").content.decode()
    chosen = {"action": "rename_player", "_selected_action": [bob.pk]}
    assert 'name="name"' in moderator.post("/admin/accounts/player/", chosen).content.decode()
    moderator.post("/admin/accounts/player/", chosen | {"reason": "rude", "name": "Robert"})
    assert Player.objects.get(pk=bob.pk).name == "Robert"
    # The terminal.
    call_command("operate", "rename-player", "Robert", "--name", "Rob", "--reason", "shorter")
    assert capsys.readouterr().out == "Now called Rob.\n"
    # The audit trail.
    kept = [(entry.action, entry.target_id, entry.reason) for entry in Entry.objects.order_by("pk")]
    assert kept == [("rename_player", str(bob.pk), "rude"), ("rename_player", str(bob.pk), "shorter")]
    assert [entry.by and entry.by.name for entry in Entry.objects.order_by("pk")] == ["Role-moderator", None]


def test_what_an_action_needs_is_asked_for_once_for_all(rename_player):
    bob = Player.objects.create_user("Bob", "correct horse")
    with pytest.raises(ReasonMissing):
        run_sync(rename_player(bob, "Rob", reason=" ", by=None))
    with pytest.raises(NotYours):
        run_sync(rename_player(bob, "Rob", reason="x", by=bob))
    with pytest.raises(CommandError, match="name"):
        call_command("operate", "rename-player", "Bob", "--name", "x" * 21, "--reason", "x")
    with pytest.raises(CommandError, match="No player is called Nobody"):
        call_command("operate", "rename-player", "Nobody", "--name", "x", "--reason", "x")
    assert not Entry.objects.exists()
    assert Player.objects.get(pk=bob.pk).name == "Bob"


def test_what_undoes_an_action_is_an_action_that_it_undoes():
    for each in actions.REGISTRY.values():
        if each.undone_by:
            assert actions.REGISTRY[each.undone_by].undone_by == each.name
