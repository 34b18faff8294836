from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "moderation"

    def ready(self) -> None:
        from leaderboard.stream.readers import add_group
        from moderation.suspicion import GROUP

        add_group(GROUP)
