from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from accounts.signals import deletion_asked
        from people.deletion import delete_when_asked

        deletion_asked.connect(delete_when_asked)
