"""REDIS_URL, taken apart: what is an address, what is none, and that no credential is ever shown."""

import pytest

from store.address import BadAddress, parse

WRONG = [
    "localhost:6379", "/abc", "http://h", "redis//h", "redis://h:port", "redis://h:0", "redis://h:70000",
    "redis://h/one", "redis://h/-1", "redis://:se#cret@h", "redis://:se/cret@h", "redis://:se?cret@h",
    "redis://h?protocol=3", "redis://h?password", "rediss://h?ssl_cert_reqs=maybe", "redis://h?ssl_ca_certs=/x",
    "unix://", "unix:///", "redis://h /0", "redis://h\n", "redis://[::1", "",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_address_is_refused_in_one_line_without_its_password(text):
    with pytest.raises(BadAddress) as refused:
        parse(text)
    said = str(refused.value)
    assert said
    assert "\n" not in said
    assert "cret" not in said


@pytest.mark.parametrize(
    ("text", "shown", "credentials"),
    [
        ("redis://h", "redis://h:6379/0", ("", "")),
        ("redis://", "redis://localhost:6379/0", ("", "")),
        ("redis://:a@b@h:1/2", "redis://h:1/2", ("", "a@b")),
        ("redis://u:p%2F%23%40@h/3", "redis://h:6379/3", ("u", "p/#@")),
        ("redis://[::1]:7000/0", "redis://[::1]:7000/0", ("", "")),
        ("redis://h?password=geheim&db=4", "redis://h:6379/4", ("", "geheim")),
        ("rediss://u:geheim@h?ssl_ca_certs=/ca.pem", "rediss://h:6379/0", ("u", "geheim")),
        ("unix:///run/r.sock?password=geheim&db=1", "unix:///run/r.sock?db=1", ("", "geheim")),
        ("unix://u:geheim@/run/r.sock", "unix:///run/r.sock", ("u", "geheim")),
    ],
)
def test_an_address_is_shown_without_its_credentials(text, shown, credentials):
    found = parse(text)
    assert found.shown == shown
    assert (found.username, found.password) == credentials
    assert not credentials[1] or credentials[1] not in repr(found)
    assert parse(found.url) == found  # What the library is given means the same.


def test_redis_cli_gets_all_of_it_and_the_password_only_by_the_environment():
    options, environment = parse("rediss://u:geheim@h:1?ssl_ca_certs=/ca&ssl_certfile=/c&ssl_keyfile=/k").cli
    assert options == [
        "-h", "h", "-p", "1", "--user", "u", "--tls", "--cacert", "/ca", "--cert", "/c", "--key", "/k", "--sni", "h"
    ]  # fmt: skip
    assert environment == {"REDISCLI_AUTH": "geheim"}
    assert "--insecure" in parse("rediss://h?ssl_cert_reqs=none").cli[0]
