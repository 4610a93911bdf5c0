"""Read requests and make answers. aiohttp is imported when it is used: only the page needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from edge.errors import EdgeError

if TYPE_CHECKING:
    from aiohttp import web

Value = TypeVar("Value")


class Refused(EdgeError):
    """A request that is refused with a status of HTTP."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def json_answer(values: Mapping[str, Any], status: int = 200) -> web.Response:
    from aiohttp import web

    return web.json_response(values, status=status)


def file_answer(content: bytes, content_type: str) -> web.Response:
    """A file, which browsers ask for again at every visit: a new version is used at once."""
    from aiohttp import web

    charset = "utf-8" if content_type.startswith("text/") else None
    return web.Response(
        body=content,
        content_type=content_type,
        charset=charset,
        headers={"Cache-Control": "no-cache"},
    )


async def body(request: web.Request) -> Mapping[str, Any]:
    """The JSON object in a request; Refused if there is none."""
    try:
        values = await request.json()
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise Refused(400, "send a JSON object")
    return values


def text_of(values: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A text in a request; Refused if it is missing and there is no default."""
    value = values.get(name, default)
    if not isinstance(value, str) or len(value) > 200:
        raise Refused(400, f"{name}: give a text")
    return value


async def in_thread(function: Callable[..., Value], *arguments: object) -> Value:
    """Call what uses a disk or a model without blocking the server."""
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)
