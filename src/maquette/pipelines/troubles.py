"""What became of a commission, in the words of a job: an error with a stable code, or a reason to wait."""

from collections.abc import Mapping
from types import MappingProxyType

from maquette.domain.errors import Permanent, StageError, Temporary
from maquette.domain.hosting import ELSEWHERE, PASSING, Billed, Fault, Trouble
from maquette.domain.states import WaitingFor

CODE_OF: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.TRANSPORT: "remote_unreachable",
        Fault.RATE_LIMITED: "remote_busy",
        Fault.CAPACITY: "remote_busy",
        Fault.TIMEOUT: "provider_timeout",
        Fault.PROVIDER: "provider_failed",
        Fault.INVALID_INPUT: "provider_rejected",
        Fault.UNSUPPORTED: "provider_rejected",
        Fault.REFUSED: "content_refused",
        Fault.QUOTA: "provider_quota",
        Fault.AUTH: "provider_denied",
        Fault.EXPIRED: "provider_expired",
        Fault.BAD_OUTPUT: "provider_output",
        Fault.LOST: "provider_lost",
    }
)


class CallFailed(Exception):
    """A commission came to nothing. ``error`` is what the job is told, ``elsewhere`` whether another may be asked."""

    def __init__(self, trouble: Trouble, error: StageError) -> None:
        super().__init__(str(error))
        self.trouble = trouble
        self.error = error

    @property
    def elsewhere(self) -> bool:
        """Whether the next engine may be tried: not where this one may be paid, or the work itself is at fault."""
        return self.trouble.fault in ELSEWHERE and self.trouble.billed is not Billed.UNKNOWN

    @property
    def of_this_picture(self) -> bool:
        """Whether another picture may fare better with the same provider."""
        return self.trouble.fault in (Fault.REFUSED, Fault.INVALID_INPUT, Fault.BAD_OUTPUT)


class OnHold(Exception):
    """The job has to wait for a person. ``error`` says why, as its log keeps it."""

    def __init__(self, waiting_for: WaitingFor, error: StageError) -> None:
        super().__init__(str(error))
        self.waiting_for = waiting_for
        self.error = error


def failed(engine: str, trouble: Trouble) -> CallFailed:
    """A trouble as the job is told. What passes is ``Temporary``, unless it was paid all the same."""
    code = CODE_OF[trouble.fault]
    # a refusal is the photo's and not the provider's: it is told in the code's own words
    message = f"{engine}: {trouble.message}" if trouble.message else ""
    if trouble.fault in PASSING and trouble.billed is Billed.NO:
        return CallFailed(trouble, Temporary(code, message, retry_after=trouble.retry_after))
    return CallFailed(trouble, Permanent(code, message))
