"""The addresses for takes: record, list, play, classify, move, delete, restore, download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.page.answers import Refused, body, file_answer, in_thread, json_answer, text_of

if TYPE_CHECKING:
    from aiohttp import web

    from edge.page.page import Page

PIECE = 1 << 16  # bytes of an archive that are sent at once


def take_routes(page: Page) -> list[web.RouteDef]:
    from aiohttp import web

    routes = TakeRoutes(page)
    return [
        web.get("/api/takes", routes.takes),
        web.get("/api/takes.zip", routes.archive),
        web.get("/api/takes/sound", routes.sound),
        web.get("/api/takes/path", routes.path),
        web.post("/api/takes/classify", routes.classify),
        web.post("/api/takes/move", routes.move),
        web.post("/api/takes/delete", routes.delete),
        web.post("/api/takes/restore", routes.restore),
        web.post("/api/record", routes.record),
        web.post("/api/record/stop", routes.stop),
    ]


class TakeRoutes:
    def __init__(self, page: Page) -> None:
        self._page, self._library = page, page.library

    async def record(self, request: web.Request) -> web.Response:
        """Start to record: `label`, `speaker`, `takes`, and the name of the client."""
        values, page = await body(request), self._page
        if "record" not in page.views():
            raise Refused(404, "takes of this source cannot be recorded here")
        if page.sink.ended:
            raise Refused(409, "the source has ended: start the command again")
        takes = values.get("takes", 1)
        if not isinstance(takes, int):
            raise Refused(400, "takes: give a number")
        owner = text_of(values, "client", "")
        if owner and not page.clients.has(owner):
            raise Refused(409, "the page is not connected: try again")
        recorder = page.take_recorder(text_of(values, "label"), text_of(values, "speaker", "me"))
        page.recorder.start(recorder, takes, owner)
        return json_answer(page.recorder.state())

    async def stop(self, request: web.Request) -> web.Response:
        self._page.recorder.stop()
        return json_answer(self._page.recorder.state())

    async def takes(self, request: web.Request) -> web.Response:
        return json_answer({"takes": await in_thread(self._library.takes)})

    async def sound(self, request: web.Request) -> web.Response:
        path = await in_thread(self._library.path, request.query.get("name", ""))
        return file_answer(await in_thread(path.read_bytes), "audio/wav")

    async def path(self, request: web.Request) -> web.Response:
        drawing = await in_thread(self._library.drawing, request.query.get("name", ""))
        return json_answer({"path": drawing})

    async def classify(self, request: web.Request) -> web.Response:
        name = text_of(await body(request), "name")
        return json_answer(await in_thread(self._library.classified, name))

    async def move(self, request: web.Request) -> web.Response:
        values = await body(request)
        name, label = text_of(values, "name"), text_of(values, "label")
        return json_answer({"name": await in_thread(self._library.move, name, label)})

    async def delete(self, request: web.Request) -> web.Response:
        name = text_of(await body(request), "name")
        return json_answer({"undo": await in_thread(self._library.delete, name)})

    async def restore(self, request: web.Request) -> web.Response:
        key = text_of(await body(request), "undo")
        return json_answer({"name": await in_thread(self._library.restore, key)})

    async def archive(self, request: web.Request) -> web.StreamResponse:
        from aiohttp import web

        file = await in_thread(self._library.archive)
        answer = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="{self._page.info.task}-takes.zip"',
            }
        )
        with file:
            await answer.prepare(request)
            while piece := await in_thread(file.read, PIECE):
                await answer.write(piece)
        return answer
