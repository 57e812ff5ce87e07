"""The one shape of an error answer, and what becomes which.

    {"error": {"code": "invalid", "message": "limit is 5000, expected ...",
               "details": [{"field": "limit", "value": "5000", "expected": "..."}]}}

| status | code | when |
|---|---|---|
| 400 | malformed | the body is not JSON |
| 401 | unknown_key | no API key, or none that is known |
| 403 | role_too_low | the key's role does not allow it |
| 404 | not_found | no such route, device, order, key |
| 405 | not_allowed | the route has no such method |
| 409 | conflict | others kept changing the same thing; ask again |
| 413 | too_large | the body is over the limit |
| 422 | invalid | a field is not what it must be; `details` names each |
| 500 | internal | a fault of the service |
| 503 | unavailable | the store does not answer; ask again later |
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from farwire_cloud.errors import (
    CloudError,
    ConflictError,
    InvalidError,
    NotFoundError,
    StoreUnavailableError,
    shown,
)

log = logging.getLogger("farwire.cloud.rest")

CODES = {
    400: "malformed",
    401: "unknown_key",
    403: "role_too_low",
    404: "not_found",
    405: "not_allowed",
    409: "conflict",
    413: "too_large",
    422: "invalid",
    500: "internal",
    503: "unavailable",
}
RETRY_AFTER_S = 2
MOST_DETAILS = 20


def answer(
    status: int,
    message: str,
    details: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return an error answer."""
    error = {"code": CODES.get(status, "error"), "message": message, "details": list(details)}
    return JSONResponse({"error": error}, status, dict(headers or {}))


def install(app: FastAPI) -> None:
    """Make every error of `app` take the one shape."""
    app.add_exception_handler(CloudError, _cloud_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _fault)


async def _cloud_error(request: Request, error: Exception) -> JSONResponse:
    match error:
        case InvalidError():
            detail = {"field": error.field, "value": error.value, "expected": error.expected}
            return answer(422, str(error), [detail])
        case NotFoundError():
            return answer(404, str(error))
        case ConflictError():
            return answer(409, str(error))
        case StoreUnavailableError():
            log.warning("store_unavailable", extra={"reason": str(error), "path": request.url.path})
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            return answer(503, "the store does not answer; ask again later", headers=headers)
        case _:
            return await _fault(request, error)


async def _validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()[:MOST_DETAILS]
    if any(each["type"] == "json_invalid" for each in found):
        return answer(400, "the body is not JSON")
    details = [_detail(each) for each in found]
    first = details[0]
    return answer(422, f"{first['field']} is {first['value']}, expected {first['expected']}", details)


def _detail(error: Mapping[str, Any]) -> dict[str, str]:
    """Return pydantic's finding in our words; `loc` begins with where: path, query, header or body."""
    place = ".".join(str(part) for part in error["loc"][1:]) or str(error["loc"][0])
    expected = str(error["msg"])
    for opening in ("Input should be ", "Value error, "):
        expected = expected.removeprefix(opening)
    value = "absent" if error["type"] == "missing" else shown(error.get("input"))
    return {"field": place, "value": value, "expected": expected}


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    messages = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.url.path} has no {request.method}",
    }
    routing = error.detail in ("Not Found", "Method Not Allowed")
    message = messages[error.status_code] if routing else str(error.detail)
    return answer(error.status_code, message, headers=error.headers)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    log.error("rest_failed", extra={"path": request.url.path}, exc_info=error)
    return answer(500, "a fault of the service; its log says more")
