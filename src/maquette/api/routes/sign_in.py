"""Sign-in for browsers: a key once, a cookie from then on. And who the caller is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from maquette.api.attempts import Attempts
from maquette.api.dependencies import PrincipalDep, ServicesDep
from maquette.api.identity import Identity, read
from maquette.api.origins import Origins
from maquette.api.problems import documented
from maquette.api.schemas.keys import MeOut, SignInIn
from maquette.app.keys import SIGN_IN_DAYS
from maquette.domain.errors import Refused

router = APIRouter(prefix="/api/v1", tags=["access"])


async def _attempts(request: Request) -> Attempts:
    return request.app.state.attempts


async def _origins(request: Request) -> Origins:
    return request.app.state.origins


AttemptsDep = Annotated[Attempts, Depends(_attempts)]
OriginsDep = Annotated[Origins, Depends(_origins)]


@router.post("/sign-in", response_model=MeOut, responses=documented("unauthorized", "too_many_attempts", "not_ready"))
def sign_in(
    asked: SignInIn,
    request: Request,
    response: Response,
    services: ServicesDep,
    origins: OriginsDep,
    attempts: AttemptsDep,
) -> MeOut:
    """Exchanges a key for a cookie of 30 days that scripts cannot read. Revoking the key ends it."""
    address = request.client.host if request.client else ""
    attempts.check(address)
    try:
        token, principal = services.access.keys.sign_in(asked.key.strip())
    except Refused:
        attempts.failed(address)
        raise
    response.set_cookie(
        origins.cookie,
        token,
        max_age=SIGN_IN_DAYS * 24 * 3600,
        path="/",
        secure=origins.secure,
        httponly=True,
        samesite="strict",
    )
    return MeOut.of(principal, services.access.required)


@router.delete("/sign-in", status_code=204, responses=documented("not_ready"))
def sign_out(request: Request, response: Response, services: ServicesDep, origins: OriginsDep) -> None:
    """Ends the sign-in that the cookie stands for, if there is one."""
    token = read(request.scope, origins.cookie).cookie
    if token:
        services.access.keys.sign_out(token)
        identity: Identity = request.app.state.identity
        identity.forget()
    response.delete_cookie(origins.cookie, path="/", secure=origins.secure, httponly=True, samesite="strict")


@router.get("/me", response_model=MeOut, responses=documented())
async def get_me(principal: PrincipalDep, services: ServicesDep) -> MeOut:
    """Who the server takes the caller for."""
    return MeOut.of(principal, services.access.required)
