"""A Redis of one's own that is reached over TLS, with a user, a password and a database number."""

import subprocess
import sys

import pytest

from tests.certificate import write_certificate
from tests.servers import Started
from tests.stack import ROOT, Site, clean_environment, free_port

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

PASSWORD = "pass-word-of-redis"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The REDIS_URL of such a server."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, port = write_certificate(folder), free_port()
    tls = ["--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", certificate.with_suffix(".key")]
    own = ["--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"]
    with Started(folder, *map(str, tls + own)) as server:
        server.run("ACL", "SETUSER", "gameapp", "on", f">{PASSWORD}", "~*", "&*", "+@all")
        yield f"rediss://gameapp:{PASSWORD}@localhost:{port}/3?ssl_ca_certs={certificate}"


def test_people_play_and_watch_and_a_backup_is_taken(address, tmp_path):
    with Site(tmp_path, REDIS_URL=address) as site:
        site.watched_run()
        assert "Verified" in site.manage("backup", "--to", str(tmp_path / "kept"))
        [archive] = (tmp_path / "kept").iterdir()
        site.manage("restore", "--check", str(archive))
        assert PASSWORD not in site.output()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("ssl_ca_certs=", "ssl_check_hostname=true#"), (PASSWORD, "another"), ("localhost", "127.0.0.1")],
    ids=["a certificate that nobody trusts", "a wrong password", "a certificate of another name"],
)
def test_what_cannot_be_trusted_is_one_line_without_the_password(address, tmp_path, theirs, ours):
    wrong = address.replace(theirs, ours).partition("#")[0]
    done = subprocess.run(
        [sys.executable, "-m", "gameapp.launch.start", "--data", str(tmp_path), "--port", str(free_port())],
        cwd=ROOT,
        env=clean_environment(REDIS_URL=wrong),
        capture_output=True,
        text=True,
        timeout=60,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and last.startswith("Cannot start: Redis at rediss://"), done.stderr
    assert PASSWORD not in done.stdout + done.stderr and "Traceback" not in done.stderr
