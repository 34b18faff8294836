from django.apps import AppConfig


class AchievementsConfig(AppConfig):
    name = "achievements"

    def ready(self) -> None:
        from achievements.awards import GROUP, crown_day
        from leaderboard.seasons.closing import AFTER_CLOSING
        from leaderboard.stream.readers import add_group

        add_group(GROUP)
        if crown_day not in AFTER_CLOSING:
            AFTER_CLOSING.append(crown_day)
