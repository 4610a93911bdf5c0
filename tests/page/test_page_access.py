"""Attacks on the page: each is refused, and the recognition goes on."""

from __future__ import annotations

import json
import socket
import stat

import pytest

from edge.page.address import Address, is_known_host, parse_address
from live_page import LivePage, live_page

EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with live_page("kws-listen", folder, "--mock", "--pause", "600") as served:
        yield served


@pytest.fixture(scope="module")
def open_page(tmp_path_factory):
    """A page that other computers can reach."""
    folder = tmp_path_factory.mktemp("page")
    options = ("--mock", "--pause", "600")
    with live_page("kws-listen", folder, *options, page="0.0.0.0:0") as served:
        yield served


def reason(answer) -> str:
    return json.loads(answer[2])["error"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("8765", ("127.0.0.1", 8765)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("pi.local", ("pi.local", 8765)),
        ("[::1]:9000", ("::1", 9000)),
        ("[::1]", ("::1", 8765)),
    ],
)
def test_an_address_is_a_host_a_port_or_both(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["host:port", "a:70000", "http://a:80", "a b:80", ":-1"])
def test_a_text_that_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match=r"give HOST:PORT, such as 127\.0\.0\.1:8765"):
        parse_address(text)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8765", True),
        ("localhost:1", True),
        ("[::1]:8765", True),
        ("192.168.1.20", True),
        (f"{socket.gethostname()}.local:8765", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8765", False),
        ("", False),
    ],
)
def test_only_names_of_this_computer_are_hosts(host, known):
    assert is_known_host(host, Address("127.0.0.1", 8765)) is known


def test_the_page_is_served_with_a_strict_policy(page):
    status, headers, body = page.request("GET", "/")
    assert status == 200 and b"<title>edge-sense" in body
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_another_name_for_this_computer_is_refused(page):
    answer = page.request("GET", "/api/state", headers={"Host": "evil.example"})
    assert answer[0] == 403 and "use the link" in reason(answer)


@pytest.mark.parametrize(
    "headers",
    [{"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/settings"), ("GET", "/api/state"), ("POST", "/api/teach/start")],
)
def test_a_page_of_another_site_can_neither_read_nor_change(page, headers, method, path):
    answer = page.request(method, path, {"listening": False}, headers)
    assert answer[0] == 403 and "another site" in reason(answer)
    assert page.get("/api/state")["listening"] is True


def test_a_link_on_another_site_opens_the_page(page):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert page.request("GET", "/", headers=headers)[0] == 200


def handshake(page: LivePage, **headers: str) -> str:
    """The status line that answers the handshake of a WebSocket."""
    lines = {
        "Host": f"127.0.0.1:{page.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
        connection.sendall(f"GET /ws HTTP/1.1\r\n{text}\r\n".encode())
        return connection.recv(200).decode("latin-1").splitlines()[0]


def test_a_websocket_of_another_site_is_refused(page):
    assert " 101 " in handshake(page, Origin=f"http://127.0.0.1:{page.port}")
    assert " 403 " in handshake(page, Origin=EVIL)
    assert " 403 " in handshake(page, Origin=f"http://127.0.0.1:{page.port + 1}")
    assert " 403 " in handshake(page, Host="evil.example", Origin="http://evil.example")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../page.py",
        "/static/..%2fpage.py",
        "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/../../../../etc/passwd",
        "/static/style.css%00.py",
        "/static/",
        "/token",
    ],
)
def test_no_path_leads_out_of_the_folder(page, path):
    status, _, body = page.request("GET", path)
    assert status == 404 and b"root:" not in body and b"import" not in body


def test_a_body_that_is_too_large_is_refused(page):
    status, _, _ = page.request("POST", "/api/settings", b"[" * 200_000)
    assert status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 50_000,
        b"\xff\xfe",
        b'{"thresholds": 1}',
        b'{"thresholds": {"yes": 2}}',
        b'{"thresholds": {"yes": NaN}}',
        b'{"thresholds": {"perhaps": 0.5}}',
        b'{"max_false_per_hour": "many"}',
        b'{"max_false_per_hour": 1e999}',
        b'{"max_false_per_hour": true}',
    ],
)
def test_a_body_that_makes_no_sense_is_refused_in_a_sentence(page, body):
    before = page.get("/api/state")["thresholds"]
    answer = page.request("POST", "/api/settings", body)
    assert answer[0] == 400 and len(reason(answer)) > 10
    assert page.get("/api/state")["thresholds"] == before


def test_a_form_of_another_site_cannot_send_json(page):
    headers = {"Content-Type": "text/plain"}
    answer = page.request("POST", "/api/settings", {"listening": False}, headers)
    assert answer[0] == 415


def test_too_many_changes_at_once_are_refused(page):
    body = b'{"listening": true}'
    request = (
        b"POST /api/settings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
        connection.sendall(request * 400)  # at once, so that a slow machine gets them together
        text = b""
        while b" 429 " not in text:
            text += connection.recv(1 << 16)
    assert text.startswith(b"HTTP/1.1 200 ")


def test_an_open_page_needs_its_token(open_page):
    status, headers, body = open_page.request("GET", "/")
    assert status == 401 and b"token" in body and "set-cookie" not in headers
    for path in ("/api/state", "/api/health", "/api/events", "/static/app.js"):
        assert open_page.request("GET", path)[0] == 401
    assert open_page.request("POST", "/api/settings", {"listening": False})[0] == 401
    assert open_page.request("GET", "/api/teach")[0] == 401
    for path in ("start", "cancel", "use", "back"):
        assert open_page.request("POST", f"/api/teach/{path}", {"method": "enrol"})[0] == 401
    assert " 401 " in handshake(open_page)


def test_the_link_with_the_token_sets_a_cookie_that_scripts_cannot_read(open_page):
    status, headers, _ = open_page.request("GET", f"/?token={open_page.token}")
    assert status == 200
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    status, _, body = open_page.request("GET", "/api/state", cookie=open_page.token)
    assert status == 200 and json.loads(body)["task"] == "kws"


def test_wrong_tokens_are_refused_and_soon_not_even_compared(open_page):
    statuses = [open_page.request("GET", f"/?token=guess{n}")[0] for n in range(40)]
    assert statuses[0] == 401 and 429 in statuses
    # The owner of the token is not locked out.
    assert open_page.request("GET", "/api/state", cookie=open_page.token)[0] == 200


def test_the_token_is_stored_for_its_owner_only(open_page):
    path = open_page.folder / "token"
    assert path.read_text().strip() == open_page.token and len(open_page.token) >= 20
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
