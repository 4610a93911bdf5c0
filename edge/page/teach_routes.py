"""The addresses for making models of takes, and for choosing the model that is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.page.answers import Refused, body, in_thread, json_answer, text_of

if TYPE_CHECKING:
    from aiohttp import web

    from edge.page.page import Page

MAX_CHOSEN = 100  # labels of a request


def teach_routes(page: Page) -> list[web.RouteDef]:
    from aiohttp import web

    routes = TeachRoutes(page)
    return [
        web.get("/api/teach", routes.state),
        web.post("/api/teach/start", routes.start),
        web.post("/api/teach/cancel", routes.cancel),
        web.post("/api/teach/use", routes.use),
        web.post("/api/teach/back", routes.back),
    ]


class TeachRoutes:
    def __init__(self, page: Page) -> None:
        self._page, self._teaching = page, page.teaching

    async def state(self, request: web.Request) -> web.Response:
        return json_answer(await in_thread(self._teaching.state))

    async def start(self, request: web.Request) -> web.Response:
        """`method`: one of those in the state; `labels`: the chosen ones of those with takes."""
        values = await body(request)
        labels = values.get("labels", [])
        if not isinstance(labels, list) or len(labels) > MAX_CHOSEN:
            raise Refused(400, "labels: give a list of labels")
        chosen = [text_of({"labels": label}, "labels") for label in labels]
        self._check_running()
        await in_thread(self._teaching.start, text_of(values, "method"), chosen)
        return await self.state(request)

    async def cancel(self, request: web.Request) -> web.Response:
        self._teaching.teacher.cancel()
        return await self.state(request)

    async def use(self, request: web.Request) -> web.Response:
        name = text_of(await body(request), "model")
        self._check_running()
        await in_thread(self._teaching.choice.use, name)
        return await self.state(request)

    async def back(self, request: web.Request) -> web.Response:
        self._check_running()
        await in_thread(self._teaching.choice.back)
        return await self.state(request)

    def _check_running(self) -> None:
        if "teach" not in self._page.views():
            raise Refused(404, "no models are made for this source here")
        if self._page.sink.ended:
            raise Refused(409, "the source has ended: start the command again")
