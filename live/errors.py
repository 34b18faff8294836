"""Errors that are shown to players. Each has a stable code, and none closes the socket."""


class GameError(Exception):
    """A refused request. The `code` is for programs and never changes; the message is for people."""

    code = "refused"
    message = "That is not possible."

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)


class BadMessage(GameError):
    """A socket message that is not part of the protocol."""

    code = "bad_message"
    message = "That message is not part of the protocol."


class UnknownTopic(GameError):
    code = "unknown_topic"
    message = "There is no such topic."


class NotAllowed(GameError):
    code = "not_allowed"
    message = "You may not do that."
