"""The providers' own clients against our loopbacks: what they understand, our adapters may rely on."""

import io
import ssl
import time
import wave
from pathlib import Path

import pytest
from PIL import Image

from commissions import mask, photo
from maquette.testing.loopbacks.fal import FalLoopback
from maquette.testing.loopbacks.gemini import GeminiLoopback
from maquette.testing.loopbacks.openai import OpenAILoopback
from maquette.testing.loopbacks.replicate import SECRET, ReplicateLoopback
from maquette.testing.loopbacks.wares import of_data_uri

WHY = "the vendor's own client is not installed: pip install 'maquette[conformance]'"


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


def uri(folder: Path) -> str:
    import base64

    return "data:image/png;base64," + base64.b64encode(photo(folder).path.read_bytes()).decode()


def test_openais_own_client_edits_makes_and_writes_down(tmp_path):
    openai = pytest.importorskip("openai", reason=WHY)
    import base64

    with OpenAILoopback() as server:
        client = openai.OpenAI(api_key=server.key, base_url=f"{server.url}/v1", max_retries=0)
        pictures = [photo(tmp_path).path, photo(tmp_path, "second.png").path]
        edit = client.images.edit(image=pictures, mask=mask(tmp_path), prompt="x", model="m", n=2)
        assert [size_of(base64.b64decode(entry.b64_json)) for entry in edit.data] == [(96, 72)] * 2
        assert edit.usage.total_tokens == 1300
        made = client.images.generate(prompt="x", model="m", size="1024x1024")
        assert size_of(base64.b64decode(made.data[0].b64_json)) == (1024, 1024)
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(b"\0\0" * 800)
        told = client.audio.transcriptions.create(file=("a.wav", sound.getvalue()), model="m")
        assert told.text.startswith("A walnut chair")
        server.faults.add("broke")
        with pytest.raises(openai.RateLimitError) as quota:
            client.images.generate(prompt="x", model="m")
        assert quota.value.code == "insufficient_quota"
        server.faults.add("refused", "task")
        with pytest.raises(openai.BadRequestError) as refused:
            client.images.generate(prompt="x", model="m")
        assert refused.value.code == "moderation_blocked"
        client.close()


@pytest.mark.parametrize("version", [None, "v1beta"])
def test_geminis_own_client_edits(tmp_path, version):
    genai = pytest.importorskip("google.genai", reason=WHY)
    types = genai.types

    with GeminiLoopback() as server:
        options = types.HttpOptions(base_url=server.url, api_version=version)
        client = genai.Client(api_key=server.key, http_options=options)
        part = types.Part.from_bytes(data=photo(tmp_path).path.read_bytes(), mime_type="image/png")
        config = types.GenerateContentConfig(response_modalities=["IMAGE"])
        answer = client.models.generate_content(model="m", contents=[part, "a red chair"], config=config)
        pictures = [part.inline_data.data for part in answer.parts if part.inline_data and not part.thought]
        assert [size_of(content) for content in pictures] == [(96, 72)]
        assert answer.usage_metadata.total_token_count == 1590
        server.faults.add("refused", "task")
        refused = client.models.generate_content(model="m", contents="x", config=config)
        assert refused.candidates[0].finish_reason == types.FinishReason.IMAGE_SAFETY
        server.faults.add("busy")
        with pytest.raises(genai.errors.ClientError) as busy:
            client.models.generate_content(model="m", contents="x", config=config)
        assert (busy.value.code, busy.value.status) == (429, "RESOURCE_EXHAUSTED")
        client.close()


def test_replicates_own_client_runs_lists_cancels_and_trusts_the_call_back(tmp_path):
    replicate = pytest.importorskip("replicate", reason=WHY)
    import base64

    with ReplicateLoopback() as server:
        client = replicate.Client(api_token=server.key, base_url=server.url)
        prediction = client.predictions.create(version="f" * 64, input={"image": uri(tmp_path)})
        prediction.reload()
        assert (prediction.status, prediction.progress.percentage) == ("processing", 0.47)
        prediction.reload()
        assert prediction.status == "succeeded"
        assert prediction.output.startswith(f"{server.url}/files/")
        other = client.models.predictions.create(("owner", "edit"), input={"image": uri(tmp_path)})
        other.cancel()
        other.reload()
        assert other.status == "canceled"
        assert [entry.id for entry in client.predictions.list().results] == [other.id, prediction.id]
        headers, body = server.letter(prediction.id, time.time())
        secret = replicate.webhook.WebhookSigningSecret(key=f"whsec_{base64.b64encode(SECRET).decode()}")
        replicate.webhook.Webhooks.validate(headers=dict(headers), body=body.decode(), secret=secret)
        forged, theirs = server.letter(prediction.id, time.time(), forged=True)
        with pytest.raises(replicate.webhook.InvalidSignatureError):
            replicate.webhook.Webhooks.validate(headers=dict(forged), body=theirs.decode(), secret=secret)


def test_fals_own_client_submits_waits_and_cancels(tmp_path, monkeypatch):
    fal_client = pytest.importorskip("fal_client", reason=WHY)
    trustme = pytest.importorskip("trustme", reason=WHY)

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with FalLoopback(polls=3, tls=context) as server:
        # the client insists on https, and reads its host when it is imported
        monkeypatch.setattr("fal_client.client.QUEUE_URL_FORMAT", f"{server.url}/")
        client = fal_client.SyncClient(key=server.key)
        handle = client.submit("fal-ai/birefnet/v2", {"image_url": uri(tmp_path)})
        assert isinstance(handle.status(), fal_client.Queued)
        assert isinstance(handle.status(with_logs=True), fal_client.InProgress)
        made = handle.get()
        assert made["image"]["content_type"] == "image/png"
        other = client.submit("fal-ai/birefnet/v2", {"image_url": uri(tmp_path)})
        other.cancel()
        assert other.status().error_type == "request_cancelled"
        server.faults.add("refused", "task")
        refused = client.submit("fal-ai/birefnet/v2", {"image_url": uri(tmp_path)})
        with pytest.raises(fal_client.FalClientHTTPError) as caught:
            refused.get()
        assert caught.value.status_code == 422
        client._client.close()
    assert of_data_uri(uri(tmp_path))[:4] == b"\x89PNG"
