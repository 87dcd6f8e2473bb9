"""Figures for a monitoring system."""

from fastapi import APIRouter
from starlette.responses import Response

from maquette.api.dependencies import AdminDep, ServicesDep
from maquette.api.problems import documented

router = APIRouter(tags=["service"])
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **documented()},
)
def get_metrics(services: ServicesDep, _: AdminDep) -> Response:
    """Every figure, in the Prometheus text format."""
    return Response(services.meter.text(), media_type=MEDIA_TYPE)
