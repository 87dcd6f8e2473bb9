"""What Maquette needs from outside, as protocols without behaviour. Standard library only."""
