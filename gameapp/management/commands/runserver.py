import atexit
import os
from typing import Any

from daphne.management.commands.runserver import Command as DaphneRunserver
from django.conf import settings
from django.core.management.base import CommandError

from store.client import answers, url
from store.server import private
from store.server.binary import NoServer


class Command(DaphneRunserver):
    help = "Daphne's development server, with the data folder's private Redis when REDIS_URL names none."

    def handle(self, *args: Any, **options: Any) -> None:
        # The autoreloader runs this twice; Redis belongs to the outer process, which lives through reloads.
        if not settings.REDIS_URL and not os.environ.get("RUN_MAIN") and not answers(url()):
            try:
                self.folder_lock = private.own(settings.DATA_DIR)
                redis = private.start(settings.DATA_DIR, private.die_with_parent, say=self.stdout.write)
            except NoServer as error:
                raise CommandError(str(error)) from error
            atexit.register(redis.terminate)
        super().handle(*args, **options)
