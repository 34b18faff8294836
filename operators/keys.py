"""The Redis keys of the operators' figures."""

from store.keys import Key

minutes = Key(
    "operators:{history}:minutes",
    "stream",
    "a sample a minute: online, runs accepted so far today",
    stays="at most 1,440 entries, which is a day",
)
memory = Key("operators:{memory}:sample", "string", "JSON of what each app's keys take", ends="after 1 day")
