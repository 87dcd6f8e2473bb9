"""Reads a multipart form piece by piece: the file goes to its writer, nothing but small fields stays in memory."""

from streaming_form_data import StreamingFormDataParser
from streaming_form_data.parser import ParseFailedException
from streaming_form_data.targets import BaseTarget

from maquette.domain.errors import Refused
from maquette.ports.blobs import BlobWriter

MAX_FIELD = 1024
"""Bytes of one form field."""
MAX_AROUND = 64 * 1024
"""Bytes of a form that are not the file: boundaries, headers, fields. The parser holds headers in memory."""


class _File(BaseTarget):
    def __init__(self, writer: BlobWriter, max_bytes: int) -> None:
        super().__init__()
        self._writer = writer
        self._max_bytes = max_bytes
        self._parts = 0
        self.bytes = 0
        self.complete = False

    def on_start(self) -> None:
        self._parts += 1
        if self._parts > 1:
            raise Refused("invalid_request", "The form holds more than one file.", "Send one file per request.")

    def on_data_received(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        if self.bytes > self._max_bytes:
            raise Refused("file_too_large")
        self._writer.write(chunk)

    def on_finish(self) -> None:
        self.complete = True


class _Field(BaseTarget):
    def __init__(self) -> None:
        super().__init__()
        self._data = bytearray()

    def on_data_received(self, chunk: bytes) -> None:
        self._data += chunk
        if len(self._data) > MAX_FIELD:
            raise Refused("invalid_request", "A field of the form is too long.")

    @property
    def text(self) -> str:
        return self._data.decode("utf-8", "replace")


class Form:
    """One form being read. ``feed`` blocks (it writes to the disk); call it from one thread at a time."""

    def __init__(self, content_type: str, writer: BlobWriter, max_bytes: int, fields: tuple[str, ...]) -> None:
        self._file = _File(writer, max_bytes)
        self._fields = {name: _Field() for name in fields}
        self._fed = 0
        try:
            self._parser = StreamingFormDataParser({"Content-Type": content_type})
        except ParseFailedException:
            raise Refused("invalid_request", "The body is not a multipart form.", "Send multipart/form-data.") from None
        self._parser.register("file", self._file)
        for name, field in self._fields.items():
            self._parser.register(name, field)

    def feed(self, data: bytes) -> None:
        """Takes the next bytes. Raises ``invalid_request``, ``file_too_large``, ``storage_full``."""
        self._fed += len(data)
        try:
            self._parser.data_received(data)
        except ParseFailedException:
            raise Refused("invalid_request", "The form cannot be read.") from None
        if self._fed - self._file.bytes > MAX_AROUND:
            raise Refused("invalid_request", "The form holds too much besides its file.")

    def close(self) -> tuple[str, dict[str, str]]:
        """The file's name and the fields. Raises ``invalid_request`` when the file is missing or cut off."""
        if not self._file.complete:
            raise Refused("invalid_request", "The form holds no complete file.", "Send the photo as the field `file`.")
        fields = {name: field.text for name, field in self._fields.items()}
        return self._file.multipart_filename or "", fields
