"""The admin's lists: what they cost on large tables."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Player
from leaderboard.models import Run

pytestmark = pytest.mark.django_db(transaction=True)


class TestLists:
    """The admin's lists ask as many questions for a hundred rows as for one, and none that counts a whole table."""

    @pytest.mark.parametrize("path", ["accounts/player", "leaderboard/run", "audit/entry", "moderation/suspicion"])
    def test_their_queries_do_not_grow_with_the_rows(self, client, path):
        from audit.trail import record
        from leaderboard.models import Board
        from moderation.models import Suspicion

        client.force_login(Player.objects.create_superuser("Olga", "x"))
        now, counted, board = datetime.now(UTC), [], Board.objects.get(pk="fuse")
        for batch in range(2):
            for number in range(30):
                name = f"p{batch}x{number}"
                player = Player.objects.create(name=name)
                run = Run(id=name, board=board, player=player, points=1, started_at=now, accepted_at=now, sequence=1)
                run.save(force_insert=True)
                Suspicion.objects.create(run=run, confidence="medium", words="x")
                record("ban", "player", player.pk, by=player)
            client.get(f"/admin/{path}/")  # What is asked once in a while is asked now.
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/admin/{path}/").status_code == 200
            counted.append(len(queries))
            whole = [each["sql"] for each in queries if "COUNT(*)" in each["sql"] and "LIMIT" not in each["sql"]]
            assert whole == []
        assert counted[0] == counted[1]
        assert counted[0] <= 20
