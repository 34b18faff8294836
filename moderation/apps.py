from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from leaderboard.stream.history import add_follower
        from moderation import account_actions, board_actions, visibility  # noqa: F401  (declare their actions)
        from moderation.suspicion import look_at

        add_follower(look_at)
