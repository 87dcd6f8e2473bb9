"""Profiles: what a finished model is held against."""

from fastapi import APIRouter

from maquette.api.dependencies import OwnerDep
from maquette.api.problems import documented
from maquette.api.schemas.profiles import ProfileOut, ProfilePage
from maquette.media.meshes.profiles import PROFILES

router = APIRouter(prefix="/api/v1/profiles", tags=["pipelines"])


@router.get("", response_model=ProfilePage, responses=documented())
def list_profiles(_: OwnerDep) -> ProfilePage:
    """Every profile with its rules and where they are from."""
    return ProfilePage(items=[ProfileOut.of(profile) for profile in PROFILES.values()])
