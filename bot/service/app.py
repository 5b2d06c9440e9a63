"""Wires the service: recordings, webhooks, metrics, events, and the HTTP interface to them."""

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import groupby

from aiohttp import web

from bot.configuration import Configuration
from bot.console.pages import console_routes
from bot.library.catalogue.recording import ENDED
from bot.library.retention.sweep import rules_of
from bot.lifecycle import State
from bot.service.access.keys import KeyRing
from bot.service.aftercare import Aftercare
from bot.service.api.door import Door
from bot.service.api.openapi import document
from bot.service.api.route import Route
from bot.service.api.service import Service
from bot.service.api.surroundings import add_headers, answer_problems
from bot.service.api.table import ROUTES
from bot.service.bot_environment import bot_environment
from bot.service.events.hub import Hub
from bot.service.handing_over import factories
from bot.service.metrics import Metrics
from bot.service.recording_json import outside_values, recording_values
from bot.service.recordings import Recordings
from bot.service.sweeper import Sweeper
from bot.service.upload_metrics import UploadCollector
from bot.service.webhooks.settings import webhook_settings
from bot.service.webhooks.webhooks import Webhooks

_PREFLIGHT_S = 600
_ASKED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-None-Match, If-Range, Last-Event-ID, Range"


@contextlib.asynccontextmanager
async def running_service(configuration: Configuration, keys: KeyRing) -> AsyncIterator[Service]:
    """Everything but HTTP. Raises OutputError or ConfigurationError when it cannot run."""
    async with Recordings(configuration, factories(keys)) as recordings:
        settings = webhook_settings(configuration, recordings.library)
        webhooks = Webhooks(
            recordings.database,
            settings,
            describe=recording_values,
            describe_outside=outside_values,
            room_url=lambda room: entry.webhook_url if (entry := recordings.room(room)) is not None else None,
        )
        aftercare = Aftercare(
            recordings.ledger, recordings.library, bot_environment(configuration, os.environ), recordings.has_bot
        )
        metrics = Metrics(
            recordings.library,
            can_accept=lambda: recordings.capacity()[0],
            webhooks=webhooks,
            others=[UploadCollector(recordings.publisher, lambda: aftercare.waiting)],
        )
        hub = Hub()
        recordings.listeners += [webhooks.announce, metrics.observe, hub.announce, aftercare.observe]
        recordings.on_live += [metrics.live, hub.live]
        found = recordings.list(states=set(State) - ENDED, limit=1000)  # again, before anybody listened
        for recording in found:
            metrics.observe(None, recording)
        sweeper = Sweeper(recordings.library, recordings.ledger, rules_of(configuration))
        async with webhooks, sweeper, aftercare:
            webhooks.catch_up(recordings.list(limit=1000))
            yield Service(
                configuration=configuration,
                keys=keys,
                recordings=recordings,
                hub=hub,
                metrics=metrics,
                sweeper=sweeper,
                document=document(ROUTES),
                webhook_networks=settings.networks,
            )


def make_app(service: Service, heard: Callable[[web.BaseRequest], None]) -> web.Application:
    """`heard` is called for each request, before anything else."""

    @web.middleware
    async def hear(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        heard(request)
        return await handler(request)

    app = web.Application(middlewares=[hear, answer_problems])
    app.on_response_prepare.append(add_headers)
    for path, routes in groupby(sorted(ROUTES, key=lambda route: route.path), lambda route: route.path):
        _add(app, path, list(routes), service)
    app.add_routes(console_routes())
    return app


def _add(app: web.Application, path: str, routes: Iterable[Route], service: Service) -> None:
    """All methods of one path, HEAD where there is GET, and OPTIONS."""
    resource = app.router.add_resource(path)
    methods = ["OPTIONS"]
    for route in routes:
        door = Door(route, service)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            resource.add_route(method, door.__call__)
            methods.append(method)
    resource.add_route("OPTIONS", _preflight(", ".join(sorted(methods))))


def _preflight(methods: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    headers = {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": _ASKED_HEADERS,
        "Access-Control-Max-Age": str(_PREFLIGHT_S),
    }

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=204, headers=headers)

    return answer
