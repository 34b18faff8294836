"""The nginx that is described in deploy/, with a certificate of its own, in front of two web processes."""

import os
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from store.server.private import die_with_parent
from tests.certificate import write_certificate
from tests.programs import found
from tests.stack import ROOT, Site, clean_environment, free_port, wait_for

MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Behind:
    """A site with two web processes behind nginx: that of `bin/play`, and a second one that tests end and start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain, self.secure, self.second_port = free_port(), free_port(), free_port()
        self.url = f"https://localhost:{self.secure}"
        (folder / "data").mkdir(mode=0o700)
        self.site = Site(folder / "data", SITE_URLS=self.url, BEHIND_TLS_PROXY="1", PROXY_COUNT="1")

    def __enter__(self) -> "Behind":
        self.site.start()
        self.start_second()
        certificate = write_certificate(self.folder)
        self._write_configuration(certificate)
        self.nginx = subprocess.Popen(
            [found("nginx", package="nginx-light"), "-c", self.folder / "nginx.conf", "-e", "stderr"],
            preexec_fn=die_with_parent,
        )
        self.site.url, self.site.tls = self.url, ssl.create_default_context(cafile=certificate)
        # The library that opens our sockets reads and writes in two threads. A ticket of TLS 1.3 makes its reader
        # begin, and wait inside OpenSSL while the other thread writes; now and then the answer is lost.
        self.site.tls.maximum_version = ssl.TLSVersion.TLSv1_2
        wait_for(lambda: self.nginx.poll() is not None or listens(self.secure))
        assert self.nginx.poll() is None, "nginx refuses deploy/nginx.conf"
        return self

    def __exit__(self, *_: object) -> None:
        self.nginx.terminate()
        self.nginx.wait(20)
        self.end_second()
        self.site.stop()

    def _write_configuration(self, certificate: Path) -> None:
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        for theirs, ours in (
            ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
            ("listen 443 ", f"listen 127.0.0.1:{self.secure} "),
            ("server_name play.example.org;", "server_name localhost;"),
            ("/etc/ssl/play.example.org.pem", str(certificate)),
            ("/etc/ssl/play.example.org.key", str(certificate.with_suffix(".key"))),
            ("127.0.0.1:8001", f"127.0.0.1:{self.site.port}"),
            ("127.0.0.1:8002", f"127.0.0.1:{self.second_port}"),
        ):
            assert theirs in text, f"deploy/nginx.conf has no {theirs}"
            text = text.replace(theirs, ours)
        (self.folder / "site.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user))

    def start_second(self) -> None:
        """Start the second web process, and return once it takes connections."""
        given = clean_environment(
            DATA_DIR=str(self.site.data),
            DEBUG="0",
            SECRET_KEY=(self.site.data / "secret_key").read_text().strip(),
            **self.site.environment,
        )
        command = [sys.executable, "-m", "gameapp.launch.serve_uvicorn", "--port", str(self.second_port)]
        self.second = subprocess.Popen(command, cwd=ROOT, env=given, preexec_fn=die_with_parent)
        wait_for(lambda: self.second.poll() is not None or listens(self.second_port))
        assert self.second.poll() is None, "the second web process ended"

    def end_second(self) -> None:
        """Tell it to end, as a restart by systemd does, and wait until it has."""
        self.second.terminate()
        self.second.wait(20)
