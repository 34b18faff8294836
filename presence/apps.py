from django.apps import AppConfig


class PresenceConfig(AppConfig):
    name = "presence"

    def ready(self) -> None:
        from accounts.signals import card_changed, follows_changed
        from presence import topics  # noqa: F401  (declares its topics)
        from presence.card_updates import show_change

        card_changed.connect(show_change)
        follows_changed.connect(show_change)
