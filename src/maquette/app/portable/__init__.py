"""Projects that travel: written to a zip file by one Maquette, read by another.

``lines`` is the format, ``packing`` writes it, ``archive`` opens a zip that nobody trusts, ``content`` checks what is
in it, ``renaming`` gives everything new ids, and ``transfer`` holds the use cases.
"""
