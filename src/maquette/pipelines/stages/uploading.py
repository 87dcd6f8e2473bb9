"""Makes sure that every photo or model of the job has really arrived."""

from maquette.domain.assets import Role
from maquette.domain.errors import Permanent
from maquette.domain.states import Stage
from maquette.pipelines.stage import MIB, Desk, Produced, StageSpec
from maquette.ports.processes import Kind, Limits


def work(desk: Desk) -> Produced:
    """Fails with ``no_photo`` or ``empty_file``; produces nothing but the totals."""
    photos = desk.of(Role.ORIGINAL)
    if not photos:
        raise Permanent("no_photo")
    sizes = [photo.path.stat().st_size for photo in photos]
    if not all(sizes):
        raise Permanent("empty_file")
    return Produced(data={"photos": len(photos), "bytes": sum(sizes)})


SPEC = StageSpec(
    stage=Stage.UPLOADING,
    version="1",
    work=work,
    reads=(Role.ORIGINAL,),
    limits=Limits(seconds=60, memory_bytes=300 * MIB, cpu_seconds=30),
    kind=Kind.DECODE,
)
