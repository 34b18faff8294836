"""What search engines, previews and phones are told."""

import re

import pytest

from accounts.models import Player

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_map_names_pages_that_anybody_can_open(client):
    robots = client.get("/robots.txt").content.decode()
    [at] = re.findall(r"^Sitemap: http://testserver(\S+)$", robots, re.M)
    closed = re.findall(r"^Disallow: (\S+)$", robots, re.M)
    found = re.findall(r"<loc>http://testserver([^<]+)</loc>", client.get(at).content.decode())
    assert {"/", "/daily/", "/watch/", "/play/fuse/", "/boards/fuse/", "/rooms/play/claim/"} <= set(found)
    for path in found:
        assert client.get(path).status_code == 200, path
        allowed = path.startswith("/rooms/play/") or not any(path.startswith(each) for each in closed)
        assert allowed, path


def test_the_manifest_has_icons_that_are_there(client):
    found = client.get("/manifest.webmanifest").json()
    assert found["start_url"] == "/"
    assert {"192x192", "512x512"} <= {each["sizes"] for each in found["icons"]}
    assert found["icons"][0]["src"] in client.get("/").content.decode()


@pytest.mark.parametrize("path", ["/", "/play/fuse/", "/boards/fuse/?period=all", "/players/Ada/", "/daily/"])
def test_each_public_page_has_a_preview_of_its_own_and_one_address(client, path):
    Player.objects.create(name="Ada")
    page = client.get(path).content.decode()
    assert f'<link rel="canonical" href="http://testserver{path.partition("?")[0]}">' in page
    said = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)">', page))
    assert said["title"]
    assert said["description"]
    assert said["image"].startswith("http://testserver/static/img/preview")
    assert said["url"] == f"http://testserver{path.partition('?')[0]}"
    assert "<noscript>" in page
