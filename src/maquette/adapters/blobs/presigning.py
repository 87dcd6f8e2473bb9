"""Links of a bucket's own: whoever has one may do one thing to one object for a short while.

AWS Signature Version 4 in the query (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). obstore
signs the host alone; these links also bind headers, so that an upload has the announced length and checksum.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from maquette.adapters.blobs.bucket import Bucket
from maquette.adapters.blobs.keys import checked
from maquette.adapters.blobs.signing import MAX_SECONDS
from maquette.domain.errors import Refused
from maquette.ports.clock import Clock

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Presigner:
    """Signs for one bucket. The time is the wall clock's, because the store compares it with its own."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock
        scheme, netloc = urlsplit(bucket.endpoint)[:2]
        self._host = netloc.lower().removesuffix(_DEFAULT_PORTS[scheme])
        self.origin = f"{scheme}://{self._host}"

    def url(self, method: str, path: str, seconds: int, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        """A link to the object ``path``. Whoever uses it must send exactly these ``headers`` (names in lower case)."""
        if not 1 <= seconds <= MAX_SECONDS:
            raise Refused("invalid_request", f"A link is made for 1 to {MAX_SECONDS} seconds.")
        at = self._clock.now().strftime("%Y%m%dT%H%M%SZ")
        scope = f"{at[:8]}/{self._bucket.region}/s3/aws4_request"
        signed = {**headers, "host": self._host}
        asked = {
            **query,
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self._bucket.access_key_id}/{scope}",
            "X-Amz-Date": at,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        }
        resource = quote(f"/{self._bucket.name}/{path}", safe="/-_.~")
        text = "&".join(f"{quote(name, safe='-_.~')}={quote(asked[name], safe='-_.~')}" for name in sorted(asked))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = "\n".join((method, resource, text, lines, asked["X-Amz-SignedHeaders"], "UNSIGNED-PAYLOAD"))
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self._signature(scope, f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{digest}")
        return f"{self.origin}{resource}?{text}&X-Amz-Signature={signature}"

    def _signature(self, scope: str, text: str) -> str:
        key = f"AWS4{self._bucket.secret_access_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


class S3Links:
    """Implements ``BlobLinks``."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._signer = Presigner(bucket, clock)
        self.origin = self._signer.origin

    def link(self, key: str, *, media_type: str, disposition: str, seconds: int = MAX_SECONDS) -> str:
        shown = {"response-content-type": media_type, "response-content-disposition": disposition}
        return self._signer.url("GET", self._bucket.path("objects", checked(key)), seconds, shown, {})


def checksum(sha256: str) -> str:
    """Lower-case hex as S3 writes it in a header."""
    return base64.b64encode(bytes.fromhex(sha256)).decode()
