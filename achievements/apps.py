from django.apps import AppConfig


class AchievementsConfig(AppConfig):
    name = "achievements"

    def ready(self) -> None:
        from achievements.awards import crown_day, reward
        from leaderboard.seasons.closing import AFTER_CLOSING
        from leaderboard.stream.history import add_follower

        add_follower(reward)
        if crown_day not in AFTER_CLOSING:
            AFTER_CLOSING.append(crown_day)
