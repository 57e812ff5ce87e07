"""Roles at routes: `Authorization: Bearer <key>` or `X-API-Key: <key>`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from farwire_cloud.rest.keys import Caller, Role
from farwire_cloud.rest.services import Provided

_bearer = HTTPBearer(auto_error=False, description="An API key")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key")


def caller(
    services: Provided,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    header: Annotated[str | None, Security(_header)],
) -> Caller:
    """Return whose key came with the request; 401 if nobody's."""
    text = bearer.credentials if bearer else header or ""
    found = services.keys.caller(text)
    if found is None:
        services.counters.add("keys_unknown")
        message = "the API key is not known" if text else "an API key is needed: Authorization: Bearer <key>"
        raise HTTPException(401, message, {"WWW-Authenticate": "Bearer"})
    return found


def _at_least(role: Role) -> Callable[[Caller], Caller]:
    def check(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if who.role < role:
            raise HTTPException(
                403, f"the key's role is {who.role.name.lower()}, expected {role.name.lower()} or higher"
            )
        return who

    return check


Viewer = Annotated[Caller, Depends(_at_least(Role.VIEWER))]
Operator = Annotated[Caller, Depends(_at_least(Role.OPERATOR))]
Admin = Annotated[Caller, Depends(_at_least(Role.ADMIN))]
