"""The command line: one module per command, put together in ``main``.

Results go to stdout, progress and errors to stderr. Modules here import little; what a command needs is loaded
where it does its work, so that ``maquette --help`` stays quick.
"""
