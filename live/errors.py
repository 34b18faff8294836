"""Errors that are shown to players. Each has a stable code, and none closes the socket."""

from django.utils.translation import gettext, gettext_noop


class GameError(Exception):
    """A refused request. The `code` is for programs and never changes; the message is for people.

    A message is English, marked with `gettext_noop`; `values` fill its `{names}`. It is translated when it is shown,
    into the language of whoever reads it then.
    """

    code = "refused"
    message = gettext_noop("That is not possible.")

    def __init__(self, message: str = "", **values: object) -> None:
        self.message, self.values = message or self.message, values
        super().__init__(self.message)

    def __str__(self) -> str:
        return gettext(self.message).format(**self.values)


class BadMessage(GameError):
    """A socket message that is not part of the protocol."""

    code = "bad_message"
    message = gettext_noop("That message is not part of the protocol.")


class UnknownTopic(GameError):
    code = "unknown_topic"
    message = gettext_noop("There is no such topic.")


class TooManyTopics(GameError):
    message = gettext_noop("A socket watches at most {count} topics.")


class NotAllowed(GameError):
    code = "not_allowed"
    message = gettext_noop("You may not do that.")
