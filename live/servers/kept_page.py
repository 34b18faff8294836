"""A rendered page that is kept, cut at what differs from visitor to visitor."""

import base64
import re
import secrets
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import translation

from live.servers.own_parts import Skeleton

Headers = list[tuple[bytes, bytes]]

#: Pieces that are each visitor's own: the nonce, the token of a form; from 0 on, the own parts of a player.
NONCE, TOKEN = -2, -1
_KINDS = {"nonce": NONCE, "token": TOKEN}
_FIELD = rb'(?<=name="csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}(?=")'


class Kept:
    """A page without anybody's nonce, token or cookie. `skeleton`: what players see of their own."""

    def __init__(
        self,
        nonce: str,
        game: str,
        headers: Headers,
        body: bytes,
        compresses: bool,
        skeleton: Skeleton | None = None,
    ) -> None:
        self.game, self.compresses, self.skeleton = game, compresses, skeleton
        self.at, self.renewing = time.monotonic(), False
        self._nonce = nonce.encode()
        dropped = (b"content-length", b"set-cookie")
        self._headers = [(name.lower(), value) for name, value in headers if name.lower() not in dropped]
        self.pieces: list[bytes | int] = list(_cut(body, self._nonce, skeleton))
        #: Where the lines of a player stand: the piece, the first byte and the end, and what they see instead.
        self._lines: dict[int, list[tuple[int, int, int, Any]]] = {}
        if skeleton:
            self._take_lines(skeleton)
        # Each piece ends at a byte, and refers to no other, so that others may stand between them.
        self._deflated = (
            [each if isinstance(each, int) else _deflate(each) for each in self.pieces] if compresses else []
        )

    @property
    def has_forms(self) -> bool:
        """Whether whoever gets it needs a token."""
        return self.skeleton is not None or TOKEN in self.pieces

    def _take_lines(self, skeleton: Skeleton) -> None:
        mark = re.escape(skeleton.mark.encode())
        line = re.compile(mark + rb"b(\d+);(.*?)" + mark + rb"e;", re.DOTALL)
        for place, piece in enumerate(self.pieces):
            if isinstance(piece, int):
                continue
            clean, end = b"", 0
            for found in line.finditer(piece):
                clean += piece[end : found.start()]
                player, render = skeleton.lines[int(found[1])]
                at = (place, len(clean), len(clean) + len(found[2]), render)
                self._lines.setdefault(player, []).append(at)
                clean, end = clean + found[2], found.end()
            self.pieces[place] = clean + piece[end:]

    def answer(
        self, token: str, *, gzip: bool, player: Any = None, values: list[Any] | None = None
    ) -> tuple[Headers, bytes]:
        """The headers and the body for another visitor, whose forms have this token; `values` as read for a player.

        Raises:
            NotShared: see `Skeleton.filled`.
        """
        nonce = base64.b64encode(secrets.token_bytes(16)) if self._nonce else b""
        own = {NONCE: nonce, TOKEN: token.encode()} | self._parts_of(player, token, values or [])
        others = self._lines_of(player) if player else {}
        body = b"".join(_filled(self.pieces, own, others))
        headers = self._headers
        if self._nonce:
            headers = [(name, value.replace(self._nonce, nonce)) for name, value in headers]
        if gzip and self.compresses:
            # Nonce and token are not compressed. A token in an own part is, and each answer has another.
            packed = {kind: (_stored if kind < 0 else _deflate)(value) for kind, value in own.items()}
            changed = {place: _deflate(piece) for place, piece in others.items()}
            body = _gzipped(body, b"".join(_filled(self._deflated, packed, changed)))
            headers = [*headers, (b"content-encoding", b"gzip")]
        return [*headers, (b"content-length", str(len(body)).encode())], body

    def _parts_of(self, player: Any, token: str, values: list[Any]) -> dict[int, bytes]:
        if self.skeleton is None:
            return {}
        with translation.override(self.skeleton.language):
            parts = self.skeleton.filled(player, token, values)
        return {place: part.encode() for place, part in enumerate(parts)}

    def _lines_of(self, player: Any) -> dict[int, bytes]:
        """The pieces, by their places, that have lines which this player sees otherwise."""
        changed: dict[int, bytes] = {}
        if player.pk in self._lines and self.skeleton:
            with translation.override(self.skeleton.language):
                for place, start, end, render in reversed(self._lines[player.pk]):
                    piece: Any = changed.get(place, self.pieces[place])
                    changed[place] = piece[:start] + render().encode() + piece[end:]
        return changed


def _cut(body: bytes, nonce: bytes, skeleton: Skeleton | None) -> Iterator[bytes | int]:
    kinds = [rb"(?P<token>" + _FIELD + rb")"]
    kinds += [rb"(?P<nonce>" + re.escape(nonce) + rb")"] if nonce else []
    kinds += [re.escape(skeleton.mark.encode()) + rb"p(?P<part>\d+);"] if skeleton else []
    end = 0
    for found in re.finditer(rb"|".join(kinds), body):
        yield body[end : found.start()]
        end = found.end()
        yield int(found["part"]) if found.lastgroup == "part" else _KINDS[str(found.lastgroup)]
    yield body[end:]


def _filled(pieces: list[bytes | int], own: Mapping[int, bytes], others: Mapping[int, bytes]) -> Iterator[bytes]:
    if not others:
        return (own[piece] if isinstance(piece, int) else piece for piece in pieces)
    return (own[piece] if isinstance(piece, int) else others.get(place, piece) for place, piece in enumerate(pieces))


def _deflate(piece: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(piece: bytes) -> bytes:
    """A piece as a block of deflate that is not compressed. Source: RFC 1951, 3.2.4."""
    return b"\x00" + struct.pack("<HH", len(piece), 0xFFFF - len(piece)) + piece


def _gzipped(body: bytes, blocks: bytes) -> bytes:
    """A gzip file of blocks of deflate, with a name of random length, as Django's have against BREACH.

    Source: RFC 1952.
    """
    head = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff" + b"a" * secrets.randbelow(100) + b"\x00"
    return head + blocks + b"\x03\x00" + struct.pack("<LL", zlib.crc32(body), len(body))


def gzipped(body: bytes) -> bytes:
    """A page that is compressed for the visitor for whom it was rendered."""
    return _gzipped(body, _deflate(body))
