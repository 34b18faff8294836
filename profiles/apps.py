from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from accounts.signals import deletion_asked
        from leaderboard.consumers import add_group
        from leaderboard.seasons import AFTER_CLOSING
        from profiles.awards import GROUP, crown_day
        from profiles.rights import delete_when_asked

        add_group(GROUP)
        if crown_day not in AFTER_CLOSING:
            AFTER_CLOSING.append(crown_day)
        deletion_asked.connect(delete_when_asked)
