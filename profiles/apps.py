from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from accounts.signals import deletion_asked
        from leaderboard.consumers import add_group
        from profiles.awards import GROUP
        from profiles.rights import delete_when_asked

        add_group(GROUP)
        deletion_asked.connect(delete_when_asked)
