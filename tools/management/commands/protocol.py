from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from tools import protocol_page


class Command(BaseCommand):
    help = "Write docs/protocol.md from the messages of all apps."

    def handle(self, *args: Any, **options: Any) -> None:
        page = settings.BASE_DIR / "docs" / "protocol.md"
        page.write_text(protocol_page.protocol_page())
        self.stdout.write(f"Wrote {page.relative_to(settings.BASE_DIR)}.")
