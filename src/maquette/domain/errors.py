"""Every error that a person or a program can meet, in one place.

    MaquetteError
    ├── Refused        the caller must change something (the request, a file, a token)
    ├── StageError     a stage of a job went wrong
    │   ├── Temporary  trying again may help; carries ``retry_after`` seconds
    │   └── Permanent  trying again with the same input will not help
    └── Unavailable    this machine lacks a key, an extra, weights, a GPU or space

Anything else that escapes is a bug: it is stored as ``internal`` with its traceback in the job's log.

``CODES`` is the only table of codes. HTTP status, exit code, the retry rule and the error reference in
the documentation are read from it.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Code:
    """One stable error code.

    ``status`` is the HTTP status, ``exit`` the exit code of the command line, ``hint`` what to do when the
    raiser gives no better hint, ``retryable`` whether the same request may succeed later unchanged.
    """

    name: str
    status: int
    title: str
    hint: str
    exit: int = 2
    retryable: bool = False


def _table(*codes: Code) -> Mapping[str, Code]:
    return MappingProxyType({code.name: code for code in codes})


CODES = _table(
    # -- requests
    Code("invalid_request", 422, "The request is not valid", "Correct the field that the message names."),
    Code("unknown_pipeline", 422, "No such pipeline", "List them with `maquette engines` or GET /api/v1/pipelines."),
    Code("pipeline_unavailable", 503, "The pipeline cannot run here", "Run `maquette doctor`.", exit=1),
    Code("unknown_engine", 422, "No such engine", "List the engines with `maquette engines`."),
    Code("unknown_setting", 422, "No such setting", "GET /api/v1/pipelines lists each pipeline's settings."),
    Code("invalid_setting", 422, "A setting has a value that it cannot have", "GET /api/v1/pipelines lists them."),
    Code("invalid_dimensions", 422, "A dimension is not a length", "Give a number with a unit, such as 80cm or 1.2 m."),
    Code("unknown_weights", 422, "No such weights", "List them with `maquette weights list`."),
    Code("licence_not_accepted", 422, "The licence was not accepted", "Accept it, or choose other weights."),
    Code("invalid_marks", 422, "The marks on a photo are not valid", "Correct what the message names."),
    Code("unknown_profile", 422, "No such profile", "GET /api/v1/profiles and `maquette inspect --help` list them."),
    Code("unknown_stage", 422, "The pipeline has no such stage", "GET /api/v1/pipelines lists the stages."),
    Code("no_photo", 422, "There is no photo", "Give at least one photo."),
    Code("too_many_photos", 422, "Too many photos", "Give fewer photos."),
    Code(
        "view_missing",
        422,
        "A photo does not say which side it shows",
        "Name it: front, left, right, back, top or bottom.",
    ),
    Code("duplicate_view", 422, "Two photos claim the same view", "Give each view once."),
    Code("no_prompt", 422, "Nothing says what the picture shall show", "Say it in the setting prompt."),
    Code("no_model", 422, "There is no model", "Give one model, uploaded as a GLB."),
    Code("too_many_models", 422, "Too many models", "Start one job for each model."),
    Code("idempotency_mismatch", 422, "The Idempotency-Key was used for another request", "Use a new key."),
    Code("digest_mismatch", 422, "The bytes do not have the given digest", "Upload the file again."),
    Code("length_mismatch", 422, "The file does not have the announced length", "Announce it with its true length."),
    Code("upload_missing", 409, "The announced bytes have not arrived", "PUT them to the upload's url first."),
    Code("unknown_event", 422, "There is no such event", "The guide to webhooks lists the events."),
    Code("too_many_webhooks", 409, "Too many webhooks", "Remove some: maquette webhooks remove ID", exit=1),
    Code(
        "webhook_disabled",
        409,
        "The webhook is off",
        "Mend the receiver, then: maquette webhooks enable ID",
        exit=1,
    ),
    Code("callback_refused", 403, "The call is not one of the provider's", "Nobody needs to do anything."),
    Code("too_many_uploads", 429, "Too many announced uploads are open", "Complete or delete some.", exit=1),
    Code("length_required", 411, "The request does not say how long it is", "Send a Content-Length."),
    Code("upload_timeout", 408, "The upload took too long", "Try again over a faster connection."),
    Code("range_not_satisfiable", 416, "The file has no such range", "Ask for a range within its length."),
    Code("archive_invalid", 422, "The archive is not one that can be imported", "Export the project again."),
    Code("batch_invalid", 422, "The batch has problems", "Correct the listed rows, or send on_error=skip.", exit=1),
    Code("sheet_invalid", 422, "The table cannot be read", "Save it as CSV in UTF-8."),
    Code("no_rows", 422, "There is no row", "Give one row for each product, below a header."),
    Code("too_many_rows", 422, "There are too many rows", "Make several batches of it."),
    Code("unknown_column", 422, "There is no such column", "The guide to batches lists the columns."),
    Code("duplicate_column", 422, "Two columns have the same name", "Give each column once."),
    Code("sku_missing", 422, "The product has no SKU", "Give each row an sku of its own."),
    Code("duplicate_sku", 422, "Two rows have the same SKU", "Give each product once."),
    Code("invalid_view", 422, "There is no such view", "front, left, right, back, top, bottom, detail or other."),
    Code("dump_invalid", 422, "The table or dump cannot be read", "Give CSV with a header, or what pg_dump writes."),
    Code("file_missing", 422, "A file does not exist", "Check the path."),
    Code(
        "url_refused", 422, "The URL does not lead to a public web server", "Check its spelling; http and https only."
    ),
    Code(
        "url_unreachable",
        422,
        "The file cannot be fetched from there",
        "Open the URL in a browser, or upload the file.",
        retryable=True,
    ),
    Code("fetches_busy", 429, "Too many files are being fetched", "Try again in a moment.", exit=1, retryable=True),
    # -- files
    Code("empty_file", 422, "The file is empty", "Choose a file with content."),
    Code("not_an_image", 415, "The file is not a picture that we can read", "Send JPEG, PNG, WebP, AVIF or HEIC."),
    Code("heic_missing", 415, "HEIC needs an extra", "pip install 'maquette[heic]'"),
    Code("image_truncated", 422, "The picture ends too early", "Copy or export the photo again."),
    Code("image_damaged", 422, "The picture cannot be decoded", "Export the photo again as JPEG or PNG."),
    Code("image_too_large", 413, "The picture has too many pixels", "Scale it down to 50 megapixels or less."),
    Code("image_too_small", 422, "The picture is too small", "Use a photo of at least 16 x 16 pixels."),
    Code("file_too_large", 413, "The file is too large", "Send a smaller file."),
    Code("not_a_model", 415, "The file is not a model that we can read", "Send glTF 2.0 as one binary file (.glb)."),
    Code(
        "model_damaged",
        422,
        "The model cannot be read",
        "Export it again as one GLB, with its pictures inside and without compression that readers must support.",
    ),
    # -- who and where
    Code("unauthorized", 401, "A valid key is needed", "Send Authorization: Bearer mq_…; `maquette keys` makes keys."),
    Code("key_required", 401, "There is no key yet", "maquette keys create NAME --admin"),
    Code("too_many_attempts", 429, "Too many attempts", "Wait a minute.", exit=1, retryable=True),
    Code("forbidden", 403, "This is not allowed", "Ask the owner of the server."),
    Code("link_invalid", 403, "The link is not valid or has expired", "Ask for a fresh link."),
    Code("not_found", 404, "Not found", "Check the id."),
    Code("method_not_allowed", 405, "The method is not allowed here", "See /openapi.json."),
    Code(
        "host_refused",
        421,
        "The server does not answer to this host name",
        "Use the address that it printed, or name the host in allowed_hosts (MAQUETTE_ALLOWED_HOSTS) or public_url.",
    ),
    # -- state
    Code("conflict", 409, "Somebody changed this meanwhile", "Read it again and retry.", exit=1, retryable=True),
    Code("illegal_move", 409, "The job cannot do that in its present state", "Read the job's status.", exit=1),
    Code("job_finished", 409, "The job has completed", "Start a new job.", exit=1),
    Code("in_use", 409, "Something still refers to it", "Cancel or delete the job first.", exit=1),
    Code("too_many_streams", 429, "Too many streams are open", "Close some, or follow less.", exit=1, retryable=True),
    Code("batch_finished", 409, "The batch has ended", "There is nothing to stop.", exit=1),
    Code("deleted", 409, "It was deleted", "Restore it, or use a new Idempotency-Key.", exit=1),
    Code("queue_full", 429, "Too many jobs are waiting", "Try again later.", exit=1, retryable=True),
    # -- stages
    Code("no_subject", 422, "No object was found in the photo", "Use a plainer background, or give a box.", exit=1),
    Code(
        "nothing_approved",
        422,
        "No photo is left to make a model of",
        "Start again with other photos, or accept one of these.",
        exit=1,
    ),
    Code(
        "model_invalid", 502, "The engine delivered a model that is not valid", "Retry, or use another engine.", exit=1
    ),
    Code("picture_invalid", 502, "The engine delivered no usable picture", "Retry, or use another engine.", exit=1),
    Code(
        "watermark_undrawable",
        422,
        "The watermark cannot be drawn",
        "Use other letters in watermark_text, or give a PNG as watermark_logo.",
        exit=1,
    ),
    Code("engine_failed", 502, "The engine failed", "Retry, or use another engine.", exit=1, retryable=True),
    Code("stage_timeout", 504, "A stage took too long", "Use smaller photos or a lower quality.", exit=1),
    Code("deadline_exceeded", 504, "The job ran past its deadline", "Retry with a longer deadline.", exit=1),
    Code("out_of_memory", 507, "A stage needed more memory than it may have", "Use smaller photos.", exit=1),
    Code("worker_lost", 503, "The worker died", "Retry the job.", exit=1, retryable=True),
    Code("canceled", 409, "The job was canceled", "Retry it to go on.", exit=1),
    # -- other servers that stages ask
    Code("remote_unreachable", 502, "The other server cannot be reached", "Try again later.", exit=1, retryable=True),
    Code("remote_busy", 503, "The other server asks to wait", "Try again later.", exit=1, retryable=True),
    Code("remote_failed", 502, "The other server failed, or took too long", "Try again.", exit=1, retryable=True),
    Code("remote_refused", 502, "The other server refused the request", "Check the engine's settings.", exit=1),
    Code("remote_too_large", 502, "The other server sent too much", "Ask for less, or use another engine.", exit=1),
    # -- engines on other people's machines
    Code("provider_quota", 402, "No credit is left with the provider", "Buy some, or use another engine.", exit=1),
    Code("provider_denied", 502, "The provider does not accept the key", "Check the engine's key.", exit=1),
    Code(
        "provider_rejected", 422, "The provider cannot use this input", "Use other photos, or another engine.", exit=1
    ),
    Code("content_refused", 422, "The provider's rules forbid this content", "Use other photos or words.", exit=1),
    Code("provider_failed", 502, "The provider failed", "Retry, or use another engine.", exit=1, retryable=True),
    Code("provider_timeout", 504, "The provider took too long", "Retry: it is asked for the same work again.", exit=1),
    Code("provider_expired", 502, "The provider has deleted the result", "Retry: it is made, and paid, again.", exit=1),
    Code("provider_output", 502, "The provider delivered what cannot be used", "Retry, or use another engine.", exit=1),
    Code(
        "provider_lost",
        502,
        "Nobody knows what became of the commission",
        "Look at the provider's own list, then retry: it is made, and perhaps paid, again.",
        exit=1,
    ),
    Code(
        "provider_uncertain",
        409,
        "Nobody knows whether the provider was given the work",
        "Look at the provider's own list, then adopt, repeat or forget the commission.",
        exit=1,
    ),
    Code("budget_exceeded", 402, "More would be spent than is allowed", "Raise the budget, then resume.", exit=1),
    # -- this machine
    Code("engine_unavailable", 503, "The engine cannot run on this machine", "Run `maquette doctor`.", exit=1),
    Code("storage_full", 507, "The disk is full", "Free some space and retry.", exit=1, retryable=True),
    Code("storage_unavailable", 503, "The file store does not answer", "Try again later.", exit=1, retryable=True),
    Code("data_missing", 500, "A stored file is gone", "Upload it again.", exit=1),
    Code("data_folder_busy", 409, "Another process serves this data folder", "Stop it, or use its address.", exit=1),
    Code("address_in_use", 409, "The address is in use", "Choose another port: maquette serve --port 0", exit=1),
    Code("needs_migration", 503, "The database is behind this version", "maquette migrate", exit=3),
    Code("clock_doubted", 503, "The clock cannot be believed", "Set it, or: maquette sweep --trust-clock", exit=1),
    Code("extra_missing", 503, "An optional part is not installed", "Install the extra that is named.", exit=1),
    Code("backup_needed", 409, "Make a copy of the database first", "Then: maquette migrate --yes", exit=1),
    Code("not_ready", 503, "The server is not ready", "Wait a moment.", exit=1, retryable=True),
    Code("internal", 500, "Something went wrong inside Maquette", "See the job's log; it may be a bug.", exit=1),
)


class MaquetteError(Exception):
    """An error with a stable ``code``, a ``message`` for people and a ``hint`` that says what to do next."""

    def __init__(self, code: str, message: str = "", hint: str = "") -> None:
        entry = CODES[code]
        self.code = entry.name
        self.message = message or entry.title
        self.hint = hint or entry.hint
        super().__init__(f"{self.code}: {self.message}")

    @property
    def entry(self) -> Code:
        """The row of ``CODES``."""
        return CODES[self.code]


class Refused(MaquetteError):
    """The caller must change something."""


class Unavailable(MaquetteError):
    """This machine lacks something; the hint is the command that mends it."""


class StageError(MaquetteError):
    """A stage of a job went wrong."""


class Permanent(StageError):
    """The same input will fail again."""


class Temporary(StageError):
    """A later try may succeed. ``retry_after`` is in seconds; None leaves the delay to the backoff."""

    def __init__(self, code: str, message: str = "", hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(code, message, hint)
        self.retry_after = retry_after


def is_full_disk(error: BaseException) -> bool:
    """Whether the operating system says "no space left" or "over quota"."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure as it is stored with a job or a task."""

    code: str
    message: str
    hint: str
    retryable: bool

    @classmethod
    def of(cls, error: BaseException) -> "Problem":
        """The public side of any exception.

        What is not a ``MaquetteError`` becomes ``storage_full``, where the system says so, or ``internal``, without
        details.
        """
        if isinstance(error, MaquetteError):
            return cls(error.code, error.message, error.hint, isinstance(error, Temporary) or error.entry.retryable)
        entry = CODES["storage_full" if is_full_disk(error) else "internal"]
        return cls(entry.name, entry.title, entry.hint, entry.retryable)
