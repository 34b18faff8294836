"""What operators must not be able to do with flags."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import Player
from flags import flags
from flags.models import Experiment, Flag
from store.sync_loop import run_sync
from tests.staff import GOOD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob():
    return Player.objects.create(name="Bob")


class TestFlags:
    def test_a_flag_that_is_killed_while_somebody_signs_up_is_off_for_them(self, monkeypatch):
        flag = Flag.objects.create(slug="late", description="x", state="everyone")
        run_sync(flags.write(flag))
        own, killed = flags.include, []

        async def killing(player, definitions, **options):
            if not killed:
                killed.append(player)
                await flags.change(flag, is_killed=True)
            await own(player, definitions, **options)

        monkeypatch.setattr(flags, "include", killing)
        newcomer = Player.objects.create(name="Newcomer")
        assert killed
        assert not run_sync(flags.on("late", newcomer))

    def test_a_kill_counts_at_once_in_a_process_that_knows_the_flag_from_before(self, bob):
        flag = Flag.objects.create(slug="late", description="x", state="everyone")
        run_sync(flags.write(flag))
        assert run_sync(flags.on("late", bob))
        known = flags._known
        run_sync(flags.change(Flag.objects.get(pk="late"), is_killed=True))
        flags._known = known  # As another process still has it.
        assert not run_sync(flags.on("late", bob))

    def test_a_flag_and_an_experiment_have_no_name_in_common(self):
        Experiment.objects.create(slug="same", description="x")
        with pytest.raises(ValidationError):
            Flag(slug="same", description="x").full_clean()
        with pytest.raises(ValidationError):
            Experiment(slug="replays", description="x").full_clean()

    def test_a_shipped_flag_is_not_deleted(self, client):
        client.force_login(Player.objects.create_superuser("Olga", GOOD))
        assert client.post("/admin/flags/flag/replays/delete/", {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": ["replays"], "post": "yes"}
        client.post("/admin/flags/flag/", chosen)
        assert Flag.objects.filter(pk="replays").exists()

    def test_contradictions_are_refused(self):
        for words in (["replays", "--kill", "--revive"], ["--state", "off"], ["--kill"]):
            with pytest.raises(CommandError):
                call_command("flag", *words)
        assert not Flag.objects.get(pk="replays").is_killed

    def test_while_redis_is_away_a_change_is_kept_and_said_to_be(self, settings, tmp_path):
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        with pytest.raises(CommandError, match="Saved"):
            call_command("flag", "replays", "--kill")
        assert Flag.objects.get(pk="replays").is_killed
