from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, post_save


class FlagsConfig(AppConfig):
    name = "flags"

    def ready(self) -> None:
        from accounts.models import Player
        from flags.shipped import ensure
        from flags.sign_up import include_new

        post_save.connect(include_new, sender=Player)
        post_migrate.connect(ensure, sender=apps.get_app_config("flags"))
