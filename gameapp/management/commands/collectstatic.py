from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands.collectstatic import Command as Collect

from gameapp import bundles
from gameapp.context import modules


class Command(Collect):
    def collect(self) -> dict[str, Any]:
        """Collect the static files, and what is put together from them."""
        write_bundles()
        return super().collect()


def write_bundles() -> None:
    """Put the site's own modules and style sheets together; those of games stay as they are."""
    if not settings.DEBUG:
        own = {name: path for name, path in modules().items() if path.startswith("js/")}
        bundles.write(settings.STATICFILES_DIRS[0], own, settings.BUNDLES_DIR)
