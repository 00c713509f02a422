"""The web server's worker: gunicorn's threads, which a client that sends slowly does not hold for long.

Behind a proxy that takes requests in whole this never happens; on one machine nothing else stands before it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

PATIENCE = int(os.environ.get("CLIENT_PATIENCE", "10"))  # seconds for the head of a request, and between its bytes


class Worker(ThreadWorker):  # type: ignore[misc]
    """Gives up a connection whose request does not come."""

    def __init__(self, *args: Any, **more: Any):
        super().__init__(*args, **more)
        self.reading: dict[Any, float] = {}  # connections whose head is being read, and since when

    def handle(self, conn: Any) -> Any:
        """In a thread: a pause in what is sent ends the reading."""
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))
        self.reading[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self.reading.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The head is here."""
        self.reading.pop(conn, None)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Each second, in the main thread: ends the reading of heads that take too long, however steadily they drip."""
        super().murder_pending()
        late = time.monotonic() - PATIENCE
        for conn, since in list(self.reading.items()):
            if since < late:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RD)
