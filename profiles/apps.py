from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from leaderboard.consumers import add_group
        from profiles.awards import GROUP

        add_group(GROUP)
