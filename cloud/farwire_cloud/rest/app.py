"""The REST API and the page as one ASGI application."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from farwire_cloud.rest import admin, devices, errors, node_logs, orders, page, stream
from farwire_cloud.rest.limits import Limits
from farwire_cloud.rest.services import Services
from farwire_cloud.store import keys

API = "/api/v1"


def make_app(services: Services) -> FastAPI:
    """Return the application over `services`."""
    app = FastAPI(
        title="Farwire",
        version="1",
        summary="Devices, what they measured, and what is asked of them.",
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # FastAPI's pages load their scripts from elsewhere
        redoc_url=None,
    )
    app.state.services = services
    errors.install(app)
    for router in (devices.router, node_logs.router, orders.router, admin.router, stream.router):
        app.include_router(router, prefix=API)
    app.include_router(page.router)

    @app.get("/health", include_in_schema=False)
    def health() -> JSONResponse:
        """Whether the store answers; 503 if not."""
        services.table.get(keys.listed("health"))
        return JSONResponse({"status": "ok"})

    app.add_middleware(Limits, counters=services.counters)
    return app
