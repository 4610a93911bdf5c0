"""The addresses of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.page.answers import Refused, body, file_answer, in_thread, json_answer, text_of

if TYPE_CHECKING:
    from aiohttp import web

    from edge.page.page import Page


def review_routes(page: Page) -> list[web.RouteDef]:
    from aiohttp import web

    routes = ReviewRoutes(page)
    return [
        web.get("/api/review", routes.state),
        web.get("/api/review/sound", routes.sound),
        web.get("/api/review/path", routes.path),
        web.post("/api/review/consent", routes.consent),
        web.post("/api/review/mark", routes.mark),
        web.post("/api/review/discard", routes.discard),
    ]


class ReviewRoutes:
    def __init__(self, page: Page) -> None:
        self._review = page.review

    async def state(self, request: web.Request) -> web.Response:
        return json_answer(await in_thread(self._review.state))

    async def sound(self, request: web.Request) -> web.Response:
        path = await in_thread(self._review.clip, request.query.get("id", ""))
        return file_answer(await in_thread(path.read_bytes), "audio/wav")

    async def path(self, request: web.Request) -> web.Response:
        drawing = await in_thread(self._review.drawing, request.query.get("id", ""))
        return json_answer({"path": drawing})

    async def consent(self, request: web.Request) -> web.Response:
        on = (await body(request)).get("on")
        if not isinstance(on, bool):
            raise Refused(400, "on: give true or false")
        await in_thread(self._review.set_consent, on)
        return json_answer(await in_thread(self._review.state))

    async def mark(self, request: web.Request) -> web.Response:
        values = await body(request)
        identity, label = text_of(values, "id"), text_of(values, "label")
        return json_answer({"name": await in_thread(self._review.mark, identity, label)})

    async def discard(self, request: web.Request) -> web.Response:
        values = await body(request)
        if values.get("all") is True:
            await in_thread(self._review.discard_all)
        else:
            await in_thread(self._review.discard, text_of(values, "id"))
        return json_answer(await in_thread(self._review.state))
