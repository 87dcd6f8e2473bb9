"""Where bytes live: on this machine's disk, behind links that we sign ourselves."""
