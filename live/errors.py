"""What a player may be told: mistakes with a stable code, answered without closing anything."""


class GameError(Exception):
    """A request that cannot be granted; `code` is for programs and stays, the message is for people."""

    code = "refused"
    message = "That is not possible."

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)


class BadMessage(GameError):
    """A socket message that is not one of the protocol's."""

    code = "bad_message"
    message = "That message is not part of the protocol."


class UnknownTopic(GameError):
    code = "unknown_topic"
    message = "There is no such topic."


class NotAllowed(GameError):
    code = "not_allowed"
    message = "You may not do that."
