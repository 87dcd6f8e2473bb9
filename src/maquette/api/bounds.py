"""Where the streams are, and how much one client may ask of them. Imports nothing: the server reads it first."""

EVENTS_PATH = "/api/v1/events"
"""Where many jobs are followed: as a stream of server-sent events, or as a WebSocket."""
STREAM_JOBS = 200
"""Jobs in one stream of server-sent events; their ids must fit into an address."""
SOCKET_JOBS = 500
"""Jobs that one WebSocket may follow."""
MESSAGE_BYTES = 64 * 1024
"""Of one message from a WebSocket's client."""
