"""How much one client may ask of the streams. Imports nothing: the server reads it before all else."""

STREAM_JOBS = 200
"""Jobs in one stream of server-sent events; their ids must fit into an address."""
SOCKET_JOBS = 500
"""Jobs that one WebSocket may follow."""
MESSAGE_BYTES = 64 * 1024
"""Of one message from a WebSocket's client."""
