from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from dashboard.roles import ensure

        # Sent once per app that has models: by the last of ours all permissions are there.
        post_migrate.connect(ensure, sender=apps.get_app_config("profiles"))
        from dashboard import topics  # noqa: F401  (declares its topics)
