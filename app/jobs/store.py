"""Where the worker's queue is kept: SQLite by default, PostgreSQL or Redis by the setting WORKER_STORE."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class NoStore(Exception):
    """WORKER_STORE cannot be used; the message says why, without the address, which may hold a password."""


def store_at(url: str, make_tables: bool) -> dict[str, Any]:
    """What huey needs to know for a store's address; raises NoStore for one that it does not know."""
    from huey.storage import PostgresStorage, RedisStorage, SqliteStorage  # a web server needs no queue to start

    scheme, found, rest = url.partition("://")
    if found and scheme == "sqlite" and rest.startswith("/"):
        path = Path(rest[1:] or "worker.db")
        path.parent.mkdir(parents=True, exist_ok=True)
        return {"storage_class": SqliteStorage, "filename": str(path), "fsync": True, "timeout": 15}
    if found and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return {"storage_class": PostgresStorage, "dsn": f"postgresql://{rest}", "create_tables": make_tables}
    if found and scheme in ("redis", "rediss"):
        return {"storage_class": RedisStorage, "url": url}
    raise NoStore("WORKER_STORE must begin with sqlite:///, postgresql:// or redis://")


def opened(make: Any, url: str, make_tables: bool, **more: Any) -> Any:
    """The queue on its store; raises NoStore where the store does not answer."""
    from huey.exceptions import ConfigurationError

    queue = None
    try:
        queue = make(**store_at(url, make_tables), **more)
        queue.storage.queue_size()
    except ConfigurationError:
        raise NoStore("WORKER_STORE needs a package that is not installed: redis for redis://") from None
    except NoStore:
        raise
    except Exception as error:  # noqa: BLE001 - each store has its own; their texts may hold the address
        if queue is not None:
            queue.storage.close()
        why = type(error).__name__
        raise NoStore(f"The worker's store does not answer, or `flask init` has not made it yet ({why}).") from None
    return queue
