"""Download of Speech Commands: interrupted, by hand, damaged, malicious, and without a network."""

from __future__ import annotations

import http.server
import io
import ssl
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import trustme

from edge.errors import EdgeError
from training.sound.data import download
from training.sound.data.download import Archive, fetch


class Server(http.server.BaseHTTPRequestHandler):
    content = b""
    breaks_after = 1 << 30
    redirects_to = ""
    requested: list[str] = []

    def do_GET(self) -> None:
        if self.redirects_to:
            self.send_response(302)
            self.send_header("Location", self.redirects_to)
            self.end_headers()
            return
        begin = int((self.headers["Range"] or "bytes=0-").split("=")[1].rstrip("-"))
        self.requested.append(self.headers["Range"])
        rest = self.content[begin:]
        self.send_response(206)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.breaks_after])

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def archive(tmp_path, monkeypatch) -> Iterator[Archive]:
    """An archive on a local server: one recording, and a link to a file outside."""

    def pack(name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        pack("./yes/1_nohash_0.wav", np.random.default_rng(0).bytes(50_000))
        link = tarfile.TarInfo("./yes/link.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    Server.content, Server.requested, Server.breaks_after = file.getvalue(), [], 1 << 30
    Server.redirects_to = ""
    digest = sha256(Server.content).hexdigest()
    with https_server(tmp_path, monkeypatch) as url:
        yield Archive(url + "words_v1.tar.gz", len(Server.content), digest)


@contextmanager
def https_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server whose certificate this process accepts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_an_interrupted_download_continues_and_happens_only_once(archive, tmp_path):
    Server.breaks_after = 20_000
    folder = fetch(tmp_path / "d", archive)
    assert [path.name for path in folder.rglob("*.*")] == ["1_nohash_0.wav"]
    assert Server.requested == ["bytes=0-", "bytes=20000-", "bytes=40000-"]
    assert fetch(tmp_path / "d", archive) == folder and len(Server.requested) == 3
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["words_v1"]


def test_an_archive_that_the_user_downloaded_is_used_and_not_deleted(archive, tmp_path):
    (tmp_path / "words_v1.tar.gz").write_bytes(Server.content)
    assert (fetch(tmp_path, archive) / "yes").is_dir()
    assert not Server.requested and (tmp_path / "words_v1.tar.gz").exists()


def test_a_file_with_another_checksum_is_not_unpacked(archive, tmp_path):
    with pytest.raises(EdgeError, match="is not the words_v1.tar.gz it should be"):
        fetch(tmp_path, replace(archive, sha256="0" * 64))
    assert not (tmp_path / "words_v1").exists()


def test_without_a_network_the_error_says_what_to_do(tmp_path):
    unreachable = Archive("https://127.0.0.1:9/words.tar.gz", 10, "")
    with pytest.raises(EdgeError, match="connect to the Internet and start again, or put"):
        fetch(tmp_path, unreachable)


def test_only_https_is_used(archive, tmp_path):
    plain = replace(archive, url=archive.url.replace("https:", "http:"))
    with pytest.raises(EdgeError, match="unknown url type: http"):
        fetch(tmp_path / "d", plain)
    Server.redirects_to = plain.url
    with pytest.raises(EdgeError, match="unknown url type: http"):
        fetch(tmp_path / "d", archive)
    assert not Server.requested


def test_a_server_with_an_unknown_certificate_is_refused(archive, tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(EdgeError, match="certificate verify failed"):
        fetch(tmp_path / "d", archive)


def test_a_server_that_sends_too_much_is_stopped(archive, tmp_path):
    size = len(Server.content)
    Server.content += bytes(20_000_000)
    with pytest.raises(EdgeError, match=f"sends more than the {size} bytes of words_v1.tar.gz"):
        fetch(tmp_path / "d", archive)
    assert sum(file.stat().st_size for file in (tmp_path / "d").iterdir()) <= size


@pytest.mark.parametrize("name", ["../outside.wav", "/tmp/outside.wav", "yes/../../outside.wav"])
def test_an_archive_that_writes_outside_of_its_folder_is_refused(name, tmp_path):
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.size = 1
        packed.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(EdgeError, match="outside of its folder"):
        download._unpack(file, tmp_path / "in" / "evil")
    assert not list(tmp_path.rglob("outside.wav"))
