"""Sets the flag bits of new players."""

import logging
from typing import Any

from django.db import transaction

from accounts.models import Player
from flags import flags
from flags.models import Experiment, Flag
from store.client import StoreUnavailable
from store.sync_loop import run_sync

logger = logging.getLogger(__name__)


def include_new(instance: Player, created: bool, raw: bool = False, **_: Any) -> None:
    """Receiver of `post_save`. While Redis is away the bits are missing until the flags are written again."""
    if created and not raw and not instance.is_gone:
        # After the commit: until then other connections do not see the new id.
        transaction.on_commit(lambda: _include(instance))


def _include(player: Player) -> None:
    # Read SQL here: an async read on the other loop could wait for this very thread, which is blocked.
    seen: Definitions = []
    try:
        # A definition that changed meanwhile may have been written without this player: set its bits again.
        while changed := [each for each in _definitions() if (each.pk, each.revision) not in _revisions(seen)]:
            run_sync(flags.include(player.pk, changed, anew=bool(seen)))
            seen = [*seen, *changed]
    except StoreUnavailable as error:
        logger.warning("player %s has no flags yet: %s", player.pk, error)


Definitions = list[Flag | Experiment]


def _definitions() -> Definitions:
    return [*Flag.objects.all(), *Experiment.objects.all()]


def _revisions(definitions: Definitions) -> set[tuple[str, int]]:
    return {(each.pk, each.revision) for each in definitions}
