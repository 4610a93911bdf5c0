"""Who may use the page, and from where: tokens, hosts, origins, rates, and headers of answers."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError
from edge.page.address import Address, is_known_host
from edge.page.answers import Refused, json_answer

if TYPE_CHECKING:
    from aiohttp import web

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)

MAX_BODY = 1 << 16  # bytes of a request
CHANGES_PER_S, CHANGES_AT_ONCE = 20.0, 60  # requests that change something
GUESSES_PER_S, GUESSES_AT_ONCE = 1.0, 10  # wrong tokens
COOKIE_AGE = 365 * 86400  # s
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; media-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
NO_TOKEN = "open the link with the token that the command printed when it started"


class RateLimit:
    """A token bucket."""

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s, self._most = per_s, float(at_once)
        self._left, self._at = self._most, monotonic()

    def take(self) -> bool:
        """Return whether one more is allowed now."""
        now = monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._per_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Access:
    """Checks each request before its handler runs."""

    def __init__(self, address: Address, token: str | None) -> None:
        """`token`: what a visitor must know; None if everybody who can connect may come in."""
        self._address, self._token = address, token
        self._cookie = f"edge_page_{address.port}"
        self._changes = RateLimit(CHANGES_PER_S, CHANGES_AT_ONCE)
        self._guesses = RateLimit(GUESSES_PER_S, GUESSES_AT_ONCE)

    def middleware(self) -> Any:
        from aiohttp import web

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            refusal = self._refusal(request)
            answer = _error(*refusal) if refusal else await _answer(request, handler)
            if not refusal and self._has_token_in_link(request):
                assert self._token is not None
                answer.set_cookie(
                    self._cookie,
                    self._token,
                    max_age=COOKIE_AGE,
                    httponly=True,
                    samesite="Strict",
                )
            if not answer.prepared:
                answer.headers.update(HEADERS)
                answer.headers.setdefault("Cache-Control", "no-store")
            return answer

        return check

    def _refusal(self, request: web.Request) -> tuple[int, str] | None:
        """The status and the reason to refuse a request; None if it is allowed."""
        host = request.headers.get("Host", "")
        if not is_known_host(host, self._address):
            return 403, "this page does not have that name: use the link that the command printed"
        changes = request.method not in ("GET", "HEAD")
        if _is_from_another_site(request, host, changes):
            return 403, "a page of another site may not use this page"
        if self._token is not None and not self._is_known(request):
            guessed = self._cookie in request.cookies or "token" in request.query
            if guessed and not self._guesses.take():
                return 429, "too many wrong tokens: wait"
            return 401, NO_TOKEN
        if changes:
            if request.content_type != "application/json":
                return 415, "send JSON with the content type application/json"
            if not self._changes.take():
                return 429, "too many requests: wait"
        return None

    def _is_known(self, request: web.Request) -> bool:
        return _same(request.cookies.get(self._cookie, ""), self._token) or (
            self._has_token_in_link(request)
        )

    def _has_token_in_link(self, request: web.Request) -> bool:
        if self._token is None or request.path != "/":
            return False
        return _same(request.query.get("token", ""), self._token)


def _same(given: str, token: str | None) -> bool:
    return token is not None and secrets.compare_digest(given.encode(), token.encode())


def _is_from_another_site(request: web.Request, host: str, changes: bool) -> bool:
    """Browsers tell from which page a request comes. A link on another site may open the page."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return True
    site = request.headers.get("Sec-Fetch-Site", "none")
    is_link = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"
    return site not in ("none", "same-origin") and (changes or not is_link)


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The answer of the handler; its errors become one sentence."""
    from aiohttp import web

    try:
        return await handler(request)
    except web.HTTPException as error:
        return _error(error.status, error.reason)
    except Refused as error:
        return _error(error.status, str(error))
    except EdgeError as error:
        return _error(400, str(error))
    except OSError as error:
        log.warning("page: %s: %s", request.path, error)
        return _error(507, error.strerror or str(error))


def _error(status: int, reason: str) -> web.StreamResponse:
    return json_answer({"error": reason}, status)
