"""New players get their bits."""

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
        # Afterwards: until then nobody else sees that there is such an id.
        transaction.on_commit(lambda: _include(instance))


def _include(player: Player) -> None:
    # SQL is read here: an async read from the other loop could wait for the very thread that we are in.
    seen: Definitions = []
    try:
        # What changed while its bits were set may have been written before them, without this player: set them again.
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
