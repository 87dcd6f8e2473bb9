"""No secret gets into a log, and what is no secret stays readable."""

import pytest

from maquette.adapters.telemetry.redaction import GONE, Redactor

TOKEN = "fw-Oa0ugOyMMqBLQNpeyrvtJQK6_v2uJhEjLZJkAqeU"
KEY = "mq_csaoxVS01d64NUrhLYJ5OajOP7GoS-d9iBrQJh3D1Nw"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

LEAKS = [
    f"GET /api/status/job_1 X-Session-Token: {TOKEN}",
    f"headers={{'x-session-token': '{TOKEN}'}}",
    f"headers=[(b'x-session-token', b'{TOKEN}'), (b'host', b'a')]",
    f'{{"session_token": "{TOKEN}"}}',
    f"session_token={TOKEN}",
    f"the token was {TOKEN}.",
    f"no such key {KEY}",
    f"mq_{'a' * 40}",
    f"Authorization: Bearer {KEY}",
    f"authorization: Bearer {SECRET}",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    "Authorization: Key 5f1e-9:abcdef0123",
    f"{{'Authorization': 'Bearer {SECRET}'}}",
    f"(b'authorization', b'Basic {SECRET}')",
    f"X-API-Key: {SECRET}",
    f'"X-API-Key": "{SECRET}"',
    f"Proxy-Authorization: Digest {SECRET}",
    f"Cookie: maquette_session={SECRET}; theme=dark",
    f"Set-Cookie: maquette_session={SECRET}; HttpOnly",
    f"https://host/files/ab?expires=1&signature={SECRET}&x=1",
    f"https://s3/b/k?X-Amz-Credential=AKIAEXAMPLE/2026&X-Amz-Signature={SECRET}",
    f"https://s3/b/k?X-Amz-Security-Token={SECRET}",
    f"https://storage/b/k?X-Goog-Signature={SECRET}",
    f"/api/v1/jobs/j/events?ticket={TOKEN}",
    f"wss://host/ws?since=1&ticket={SECRET}",
    f"MAQUETTE_S3_SECRET_ACCESS_KEY={SECRET}",
    f"aws_secret_access_key = '{SECRET}'",
    f's3_secret_access_key="{SECRET}"',
    f"secret_access_key: {SECRET}",
    f"connect(host='db', password='{SECRET}')",
    f"could not connect: user=maquette password={SECRET} host=db",
    "postgresql+psycopg://maquette:hunter2hunter2@db:5432/maquette",
    "postgresql://maquette:p@ss:w0rd@db/maquette refused",
    "redis://:hunter2hunter2@cache:6379/0",
    f"client_secret={SECRET}&grant_type=refresh_token",
]
HIDDEN = (TOKEN, KEY, SECRET, "a" * 40, "hunter2", "dXNlcjpwYXNzd29yZA", "abcdef0123", "w0rd", "AKIAEXAMPLE")

HARMLESS = [
    "Job job_6f3c5ba3b9f546e19e86fac6a009ed66 was left by its walk, which is ERROR.",
    "GET /api/v1/jobs/{job_id} 200 3 ms",
    "the file 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is gone",
    "https://example.org/path?page=2&limit=50",
    "postgresql+psycopg://maquette@db:5432/maquette",
    "password authentication failed for user maquette",
    "Give the Idempotency-Key another value: the key was used",
    "a basic understanding of token buckets",
    "unexpected token at line 3",
]


@pytest.mark.parametrize("line", LEAKS)
def test_secrets_are_taken_out(line: str) -> None:
    cleaned = Redactor().clean(line)
    assert GONE in cleaned
    assert not [secret for secret in HIDDEN if secret in cleaned], cleaned


@pytest.mark.parametrize("line", HARMLESS)
def test_the_rest_stays(line: str) -> None:
    assert Redactor().clean(line) == line


def test_what_the_settings_call_secret_is_taken_out_wherever_it_stands() -> None:
    redactor = Redactor(["correct horse/battery", "abc"])
    assert redactor.clean("said: correct horse/battery!") == f"said: {GONE}!"
    assert redactor.clean("?x=correct%20horse%2Fbattery") == f"?x={GONE}"
    assert redactor.clean("abc is too short to look for") == "abc is too short to look for"


def test_a_long_line_takes_no_long_time() -> None:
    line = "a:/" * 30_000 + "://" * 10_000 + "token " * 10_000 + "x" * 100_000
    assert Redactor().clean(line).endswith("x")
