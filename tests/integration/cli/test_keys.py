"""Keys on the command line, beside a server that asks for one."""

import json
import signal
import time

import httpx


def test_a_server_that_asks_for_a_key(program):
    refused = program.run("serve", "--port", "0", "--host", "0.0.0.0", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (2, "key_required")
    assert "maquette keys create" in refused.document["error"]["hint"]
    (program.home / "settings.toml").write_text("require_key = true\n")
    made = program.run("keys", "create", "laptop", "--owner", "own_1", "--expires-days", "2", "--json").document
    shown = program.run("keys", "create", "by hand", "--admin")
    assert shown.out.startswith("mq_")
    assert len(shown.out.strip()) == 46
    listed = program.run("keys", "list", "--json").document["items"]
    assert [(key["name"], key["owner_id"], key["is_admin"]) for key in listed] == [
        ("by hand", "local", True),
        ("laptop", "own_1", False),
    ]
    assert made["key"] not in json.dumps(listed)
    assert "by hand" in program.run("keys", "list").out
    server = program.start("--config", "settings.toml", "serve", "--port", "0", "--json")
    url = json.loads(server.wait_for("out", lambda line: line.startswith("{")))["url"]
    with httpx.Client(base_url=url) as client:
        assert client.get("/api/v1/me").status_code == 401
        headers = {"Authorization": f"Bearer {made['key']}"}
        assert client.get("/api/v1/me", headers=headers).json()["owner_id"] == "own_1"
        assert program.run("keys", "revoke", made["id"]).code == 0
        deadline = time.monotonic() + 5
        while client.get("/api/v1/me", headers=headers).status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    server.send(signal.SIGTERM)
    assert server.end().code == 0
    again = program.run("keys", "revoke", made["id"], "--json")
    assert (again.code, again.document["error"]["code"]) == (2, "not_found")
