from django.apps import AppConfig


class PresenceConfig(AppConfig):
    name = "presence"

    def ready(self) -> None:
        from accounts.signals import card_changed
        from presence import topics  # noqa: F401  (declares its topics)
        from presence.cards import show_new_card

        card_changed.connect(show_new_card)
