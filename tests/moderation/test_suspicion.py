"""The queue of suspicious runs: who decides, once, and what that does."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import Player
from accounts.ranks import NotYours
from audit.models import Entry
from leaderboard import boards
from leaderboard.boards import FinishedRun
from leaderboard.models import Run
from moderation import suspicion, visibility
from moderation.models import Suspicion
from store.sync_loop import run_sync
from tests.worker import drain

pytestmark = pytest.mark.django_db(transaction=True)


class TestSuspicion:
    @pytest.fixture
    def suspect(self, bob):
        run_sync(boards.submit(FinishedRun("r1", "fuse", bob.pk, bob.card, 5, 0, "{}")))
        run_sync(drain())
        return Suspicion.objects.create(run=Run.objects.get(), confidence="high", words="x")

    def test_clearing_leaves_what_was_hidden_by_hand(self, suspect):
        run = Run.objects.select_related("player").get()
        run_sync(visibility.hide_run(run, reason="by hand", by=None))
        run_sync(suspicion.clear_run(suspect, reason="a person", by=None))
        assert Run.objects.get().is_hidden
        assert Suspicion.objects.get().decision == "cleared"

    def test_clearing_restores_what_was_hidden_for_it(self, suspect):
        run_sync(suspicion.confirm_run(suspect, reason="a bot", by=None))
        assert Run.objects.get().is_hidden
        suspect.refresh_from_db()
        run_sync(suspicion.clear_run(suspect, reason="after all not", by=None))
        assert not Run.objects.get().is_hidden

    def test_the_terminal_decides_too(self, suspect):
        call_command("operate", "confirm-run", "r1", "--reason", "a bot")
        assert (Suspicion.objects.get().decision, Run.objects.get().is_hidden) == ("confirmed", True)
        call_command("operate", "clear-run", "r1", "--reason", "after all not")
        assert (Suspicion.objects.get().decision, Run.objects.get().is_hidden) == ("cleared", False)
        with pytest.raises(CommandError, match="is in the queue"):
            call_command("operate", "clear-run", "no-such", "--reason", "x")

    def test_nobody_decides_on_their_own_run(self, suspect, bob):
        bob.is_staff = True
        bob.save()
        bob.groups.add(Group.objects.get(name="Moderator"))
        with pytest.raises(NotYours):
            run_sync(suspicion.clear_run(suspect, reason="mine", by=Player.objects.get(pk=bob.pk)))
        assert Suspicion.objects.get().decision == "open"
        assert not Entry.objects.exists()

    def test_two_who_decide_at_once_are_told_apart(self, suspect):
        seen = Suspicion.objects.get()
        run_sync(suspicion.confirm_run(suspect, reason="a bot", by=None))
        with pytest.raises(suspicion.DecidedMeanwhile):
            run_sync(suspicion.clear_run(seen, reason="a person", by=None))
        assert Suspicion.objects.get().decision == "confirmed"
        assert Run.objects.get().is_hidden
