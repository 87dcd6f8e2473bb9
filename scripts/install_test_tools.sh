#!/bin/sh
# Installs what the tests use beyond pip and npm, where the machine allows; says aloud what will be skipped.
set -u
have() { command -v "$1" >/dev/null 2>&1; }

if have chromium || have chromium-browser || have google-chrome || [ -n "${MAQUETTE_CHROMIUM:-}" ]; then
    exit 0
fi
if have apt-get && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/tmp/maquette-apt.log 2>&1 \
        && exit 0
    tail -n 3 /tmp/maquette-apt.log
fi
echo "SKIPPED: no Chromium here, so the browser tests will not run."
echo "         Install it (apt-get install chromium) or set MAQUETTE_CHROMIUM to its path."
exit 0
