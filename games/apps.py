from functools import partial
from typing import TYPE_CHECKING

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext

if TYPE_CHECKING:
    from games.rooms.game import RoomGame


def _ensure_boards(**_: object) -> None:
    """Give every game its board, and that of its puzzles of the day; one that an operator edited is left as it is."""
    from games.game import all_games
    from games.modes import daily_board
    from leaderboard.models import Board

    for game in all_games():
        own = {"title": game.title, "game": game.slug, "points_max": game.points_max}
        own |= {"unit": game.unit, "format": game.format}
        own["order"] = Board.Order.LOWER if game.lower_is_better else Board.Order.HIGHER
        Board.objects.get_or_create(slug=game.slug, defaults=own)
        if game.daily:
            own |= {"title": game.daily.title, "champion_weight": 0, "operator": Board.Operator.FIRST}
            own |= dict.fromkeys(("keeps_week", "keeps_month", "keeps_all"), False)
            Board.objects.get_or_create(slug=daily_board(game.slug), defaults=own)


class GamesConfig(AppConfig):
    name = "games"

    def ready(self) -> None:
        from games.rooms import keys, messages, registry  # noqa: F401  (what rooms declare)
        from live.observe import health, metrics

        health.add_check(registry.problem)
        metrics.add_source(registry.numbers)

        # Sent once per app that has models, so it hangs on the one whose table is needed.
        post_migrate.connect(_ensure_boards, sender=apps.get_app_config("leaderboard"))
        _fill_the_shop()


def _match_words(game: "RoomGame") -> str:
    words = gettext("{game}: {win} coins for a rated win, {other} for any other end.")
    return words.format(game=game.title, win=game.win_coins, other=game.match_coins)


def _fill_the_shop() -> None:
    from games.game import all_games
    from games.rooms.game import all_room_games
    from wallet import shop

    for game in all_games():
        shop.say(partial(shop.earning_words, game.title, game.points_per_coin))
        if game.themes:
            kind = shop.Kind(
                game.theme_kind, game.themes_title, f"games/{game.slug}_theme.html", f"games/{game.slug}/themes.css"
            )
            shop.offer(kind, [shop.Item(each.slug, kind.slug, each.title, each.price) for each in game.themes])
    for match in all_room_games():
        if match.win_coins:
            shop.say(partial(_match_words, match))
