"""Parses a file from standard input in a process of its own, with little memory and time to harm anyone.

Answers on standard output, one JSON value a line: how many rows to expect where that is known, rows, then the end
mark; or the reason of a refusal. `python -m app.uploads.child xlsx`, or `... csv <encoding>`.
"""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.uploads import reading_csv
from app.uploads.limits import CHILD_CPU_SECONDS, CHILD_MEMORY, CHILD_WAIT_SECONDS
from app.uploads.reading_csv import Raw
from app.uploads.refused import FileRefused

ROOT = Path(__file__).resolve().parents[2]
END = {"end": True}


def raw_rows_apart(
    pieces: Iterable[bytes], *how: str, expect: Callable[[int], None] = lambda rows: None
) -> Iterator[Raw]:
    """The rows of a file, parsed by a child while we read them; one that dies refuses the file, never the console.

    `how`: "xlsx", or "csv" and its encoding. `expect` is told how many rows there may be, once that is known.
    The pieces are fetched in a thread of its own.
    """
    command = [sys.executable, "-B", "-m", "app.uploads.child", *how]
    # Our own interpreter and module; the file goes in as data.
    process = subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
        env={"PYTHONUTF8": "1"},
    )  # fmt: skip
    failures: list[BaseException] = []
    feeder = threading.Thread(target=_feed, args=(process.stdin, pieces, failures), daemon=True)
    feeder.start()
    try:
        ended = yield from _told(process.stdout, expect)
        if failures:  # the pieces could not be had: no fault of the file
            raise failures[0]
        if not ended:
            raise FileRefused("too_heavy")
    finally:
        process.kill()
        process.wait()
        feeder.join()
        process.stdout.close()  # type: ignore[union-attr]


def _feed(stdin: Any, pieces: Iterable[bytes], failures: list[BaseException]) -> None:
    """Hands the file over; a child that has heard enough closes the pipe."""
    try:
        with suppress(BrokenPipeError), stdin:
            for piece in pieces:
                stdin.write(piece)
    except Exception as problem:  # noqa: BLE001 - told by the thread that reads the rows
        failures.append(problem)


def _told(stdout: Any, expect: Callable[[int], None]) -> Iterator[Raw]:
    """What the child says, row by row; answers whether it came to its end."""
    for line in _lines(stdout):
        said = json.loads(line)
        if isinstance(said, list):
            yield said[0], said[1], said[2]
        elif "refused" in said:
            raise FileRefused(said["refused"], **said["facts"])
        elif "rows" in said:
            expect(said["rows"])
        else:
            return bool(said == END)
    return False


def _lines(stdout: Any) -> Iterator[bytes]:
    """Whole lines as they come; raises FileRefused when none comes for too long."""
    rest = b""
    while True:
        ready, _, _ = select.select([stdout], [], [], CHILD_WAIT_SECONDS)
        if not ready:
            raise FileRefused("too_heavy")
        piece = os.read(stdout.fileno(), 262_144)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def hold_back() -> None:
    """Sets the limits of this process, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY, CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_SECONDS, CHILD_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _rows(how: list[str], say: Callable[[Any], None]) -> Iterator[Raw]:
    if how[0] == "csv":
        return reading_csv.rows_of(iter(lambda: sys.stdin.buffer.read1(1 << 20), b""), how[1])
    from app.uploads.reading_xlsx import raw_rows

    return raw_rows(sys.stdin.buffer.read(), lambda rows: say({"rows": rows}))


def main() -> None:
    """Reads, parses, answers."""

    def say(what: Any) -> None:
        sys.stdout.write(json.dumps(what) + "\n")

    hold_back()
    try:
        for row in _rows(sys.argv[1:], say):
            say(row)
        answer: dict[str, Any] = END
    except FileRefused as refusal:
        answer = {"refused": refusal.code, "facts": refusal.facts}
    except BrokenPipeError:
        os._exit(0)  # whoever asked has heard enough
    except MemoryError:
        answer = {"refused": "too_heavy", "facts": {}}
    except Exception as problem:  # noqa: BLE001 - a hostile file may raise anything inside the library
        answer = {"refused": "entities" if "Forbidden" in type(problem).__name__ else "broken_workbook", "facts": {}}
    say(answer)


if __name__ == "__main__":
    main()
