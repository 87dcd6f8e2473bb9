"""Fresh processes with limits, forked from servers that have the heavy imports loaded.

``forked`` is the side of the service, ``zygote`` the server that forks, ``child`` what runs in the forked process and
``wire`` what they say to each other. Nothing is imported here, so that the server for untrusted files stays small.
"""
