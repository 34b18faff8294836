"""What a page's visitor gets over the network, with and without what is their own."""

import gzip
import http.client
import re

from tests.stack import Site

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')
NONCE = re.compile(r'nonce="([^"]+)"')


class Answer:
    """What a visitor got: the text of the page, its headers, and the cookies it set."""

    def __init__(self, site: Site, path: str, *, method: str = "GET", body: str = "", **headers: str) -> None:
        connection = http.client.HTTPConnection("localhost", site.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        response = connection.getresponse()
        self.status, self.headers, self.raw = response.status, response.headers, response.read()
        is_packed = self.headers.get("Content-Encoding") == "gzip"
        self.text = (gzip.decompress(self.raw) if is_packed else self.raw).decode()
        pairs = [line.partition(";")[0] for line in self.headers.get_all("Set-Cookie", [])]
        self.cookies = dict(pair.split("=", 1) for pair in pairs)
        connection.close()

    @property
    def tokens(self) -> set[str]:
        return set(TOKEN.findall(self.text))

    @property
    def nonces(self) -> set[str]:
        return set(NONCE.findall(self.text))

    @property
    def rest(self) -> str:
        """The page without what is the visitor's own."""
        return NONCE.sub("", TOKEN.sub("", self.text))


def shared_count(site: Site) -> float:
    """How many answers were pages that are kept for all."""
    return float(re.search(r'gameapp_events_total\{event="pages_shared"\} (\S+)', Answer(site, "/metrics").text)[1])
