"""Projects that travel: written to a zip file by one Maquette, read by another.

``lines`` is the format, ``packing`` writes it. ``archive`` opens a zip that nobody trusts, ``content`` checks what is
in it, ``renaming`` and ``rows`` give everything new ids, and ``carrier`` holds the use cases.
"""
