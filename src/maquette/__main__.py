"""``python -m maquette`` is the command line."""

from maquette.cli.main import main

main()
