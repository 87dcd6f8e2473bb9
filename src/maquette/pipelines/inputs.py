"""Whether a pipeline can start from what it is given."""

from collections.abc import Sequence

from maquette.domain.assets import CAPTURE_VIEWS, View
from maquette.domain.errors import Refused
from maquette.media.meshes.facts import GLB
from maquette.pipelines.catalog import Entry

NO_SIDE = "No photo is from a side: from above or below, or of a detail alone, no model is made."
NO_SIDE_HINT = f"Add one of these views: {', '.join(CAPTURE_VIEWS)}."


def check_inputs(entry: Entry, inputs: Sequence[tuple[View | None, str]]) -> None:
    """Each input is the side that it shows and its media type.

    Raises ``no_photo``, ``no_model``, ``too_many_photos``, ``too_many_models``, ``not_an_image``, ``not_a_model``,
    ``view_missing`` or ``duplicate_view``.
    """
    if not entry.max_models:
        if any(media_type == GLB for _, media_type in inputs):
            raise Refused("not_an_image", f"{entry.pipeline.name} starts from photos, not from a model.")
        check_views(entry, [view for view, _ in inputs])
        return
    if not inputs:
        raise Refused("no_model")
    if len(inputs) > entry.max_models:
        raise Refused("too_many_models", f"{entry.pipeline.name} takes one model at a time.")
    if any(media_type != GLB for _, media_type in inputs):
        raise Refused("not_a_model", f"{entry.pipeline.name} starts from a model.")


def check_views(entry: Entry, views: Sequence[View | None]) -> None:
    """Raises ``no_photo``, ``too_many_photos``, ``view_missing`` or ``duplicate_view``."""
    if len(views) < entry.min_photos:
        raise Refused("no_photo")
    if len(views) > entry.max_photos:
        raise Refused("too_many_photos", f"{entry.pipeline.name} takes at most {entry.max_photos} photos.")
    for view in views if entry.views else ():
        if view not in entry.views:
            raise Refused("view_missing", hint=f"Name the view: {', '.join(entry.views)}.")
        if views.count(view) > 1:
            raise Refused("duplicate_view", f"Two photos claim the view {view}.")
    if lacks_side(entry, views):
        raise Refused("view_missing", NO_SIDE, NO_SIDE_HINT)


def lacks_side(entry: Entry, views: Sequence[View | None]) -> bool:
    """Whether it is known that none of the photos that a model shall be made from is from a side.

    A photo without a view may yet turn out to be.
    """
    from_photos = entry.result == "model" and entry.max_photos > 0
    return from_photos and not any(view is None or view in CAPTURE_VIEWS for view in views)
