from django.apps import AppConfig


class LeaderboardConfig(AppConfig):
    name = "leaderboard"

    def ready(self) -> None:
        from accounts.signals import card_changed
        from leaderboard import topics  # noqa: F401  (declares its topics)
        from leaderboard.card_updates import show_new_card

        card_changed.connect(show_new_card)
