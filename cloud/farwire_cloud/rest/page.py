"""The page at `/` and its files: static, from the package, nothing from elsewhere."""

from importlib import resources

from fastapi import APIRouter
from fastapi.responses import Response

router = APIRouter(include_in_schema=False)

_TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_SCRIPT = "text/javascript; charset=utf-8"
_SCRIPTS = ("page.js", "api.js", "chart.js", "logs.js", "view.js")
_HEADERS = {
    # Only the page's own files and this API: what a device calls itself can never become a script.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_FILES = {name: (resources.files("farwire_cloud.page") / name).read_bytes() for name in (*_TYPES, *_SCRIPTS)}


@router.get("/")
def page() -> Response:
    """The page."""
    return _answer("index.html")


@router.get("/page/{name}")
def file(name: str) -> Response:
    """One of the page's files."""
    if name not in _FILES:
        return Response(status_code=404)
    return _answer(name)


def _answer(name: str) -> Response:
    return Response(_FILES[name], media_type=_TYPES.get(name, _SCRIPT), headers=_HEADERS)
