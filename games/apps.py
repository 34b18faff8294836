from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


def _ensure_boards(**_: object) -> None:
    """Give every game its board; one that an operator edited is left as it is."""
    from games.game import all_games
    from leaderboard.models import Board

    for game in all_games():
        Board.objects.get_or_create(
            slug=game.slug, defaults={"title": game.title, "game": game.slug, "points_max": game.points_max}
        )


class GamesConfig(AppConfig):
    name = "games"

    def ready(self) -> None:
        # Sent once per app that has models, so it hangs on the one whose table is needed.
        post_migrate.connect(_ensure_boards, sender=apps.get_app_config("leaderboard"))
