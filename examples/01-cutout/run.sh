#!/bin/sh
# Removes the background of a photo: cutouts/front.png and its mask.
#     examples/01-cutout/run.sh [FOLDER]
set -eu
sample="$(dirname "$0")/../sample"
maquette cutout "$sample/front.jpg" --mask -o "${1:-cutouts}"
