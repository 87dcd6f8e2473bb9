"""The durable job engine, on DBOS.

``jobs`` is the port, cheap to import; ``walks`` is all that knows the library, which takes a second to import;
``lock`` says which process may work on a data folder.
"""
