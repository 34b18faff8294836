from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from leaderboard.stream.readers import add_group
        from moderation import account_actions, board_actions, visibility  # noqa: F401  (declare their actions)
        from moderation.suspicion import GROUP

        add_group(GROUP)
