"""Parses a workbook from standard input in a process of its own, with little memory and time to harm anyone.

Answers on standard output, one JSON value a line: rows, then the end mark; or the reason of a refusal.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from app.uploads.limits import CHILD_CPU_SECONDS, CHILD_MEMORY, CHILD_WAIT_SECONDS
from app.uploads.reading_csv import Raw
from app.uploads.refused import FileRefused

ROOT = Path(__file__).resolve().parents[2]
END = {"end": True}


def raw_rows_apart(data: bytes) -> Iterator[Raw]:
    """The rows of a workbook, parsed by a child; a child that dies refuses the file, never the console."""
    command = [sys.executable, "-B", "-m", "app.uploads.child"]
    try:
        # Our own interpreter and module; the file goes in as data.
        done = subprocess.run(  # noqa: S603
            command, input=data, capture_output=True, cwd=ROOT, env={"PYTHONUTF8": "1"}, timeout=CHILD_WAIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise FileRefused("too_heavy") from None
    ended = False
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if isinstance(said, list):
            yield said[0], said[1], said[2]
        elif "refused" in said:
            raise FileRefused(said["refused"], **said["facts"])
        else:
            ended = said == END
    if not ended:
        raise FileRefused("too_heavy")


def hold_back() -> None:
    """Sets the limits of this process, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY, CHILD_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_SECONDS, CHILD_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Reads, parses, answers."""
    from app.uploads.reading_xlsx import raw_rows

    hold_back()
    say = sys.stdout.write
    try:
        for row in raw_rows(sys.stdin.buffer.read()):
            say(json.dumps(row) + "\n")
        answer = END
    except FileRefused as refusal:
        answer = {"refused": refusal.code, "facts": refusal.facts}
    except MemoryError:
        answer = {"refused": "too_heavy", "facts": {}}
    except Exception as problem:  # noqa: BLE001 - a hostile file may raise anything inside the library
        answer = {"refused": "entities" if "Forbidden" in type(problem).__name__ else "broken_workbook", "facts": {}}
    say(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
