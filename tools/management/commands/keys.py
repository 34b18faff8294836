from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tools import keys_page


class Command(BaseCommand):
    help = "Write docs/keys.md from the keys that the apps declare."

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "keys.md"
        page.write_text(keys_page.keys_page())
        self.stdout.write(f"Wrote {page.relative_to(settings.BASE_DIR)}.")
