#!/bin/sh
# Makes every product of a table: a folder for each, and results.csv.
#     examples/03-batch/run.sh [FOLDER]
set -eu
maquette batch "$(dirname "$0")/products.csv" --quality fast -o "${1:-models}"
