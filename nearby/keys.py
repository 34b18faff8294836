"""The Redis keys of the cells that players are in."""

from store.keys import Key

cells = Key(
    "nearby:{cells}:centres",
    "geo set",
    "player id · centre of the cell of about 5 km that they are in",
    ends="24 hours after the last change",
)
cells_until = Key(
    "nearby:{cells}:until",
    "zset",
    "player id · when their cell is forgotten, UTC ms",
    ends="24 hours after the last change",
)
