"""What Maquette is about. Standard library only, no I/O."""
