from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class OperatorsConfig(AppConfig):
    name = "operators"

    def ready(self) -> None:
        from operators.roles import ensure

        # The signal is sent once per app with models. This app is our last, so all permissions exist by then.
        post_migrate.connect(ensure, sender=apps.get_app_config("operators"))
        from operators import topics  # noqa: F401  (declares its topics)
