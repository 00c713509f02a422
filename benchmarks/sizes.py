"""`python -m benchmarks.sizes`: the same work on a small and on a large database, turn by turn.

BENCH_SMALL_URL, BENCH_LARGE_URL: two databases on one server, made by `flask init`, `flask demo` and `flask people`.
BENCH_SMALL_NAME, BENCH_LARGE_NAME: what they are called in the table. BENCH_ROUNDS: how often each is measured (3).
Writes benchmarks/sizes.md; ends with 1 where a figure is beyond its bound.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from benchmarks.measuring import Figure
from benchmarks.run import measure
from benchmarks.table import machine, number

RESULT = Path(__file__).with_name("sizes.md")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
MOST = 1.5  # times the small one's, where an index serves
HEADING = """# What grows with the number of people

{small} beside {large}, on one PostgreSQL server with row security. {machine}.
Each was measured {rounds} times, in turns; a figure is the middle of the middles of whole requests, in milliseconds, as
in [results.md](results.md). Bound of the ratio: {most:g}. Load when it was written: {load:.1f}.

| Work | {small} | {large} | ratio | |
|---|---:|---:|---:|---|"""
Middles = dict[str, list[float]]


def main() -> int:
    """Measures both in turns, prints and writes the table; answers 1 where the large one takes too much longer."""
    os.environ.setdefault("BENCH_ONLY", "pages,finding,far,files,http")
    sizes = {name: os.environ[f"BENCH_{name}_URL"] for name in ("SMALL", "LARGE")}
    found: dict[str, Middles] = {name: defaultdict(list) for name in sizes}
    for turn in range(ROUNDS):
        for name, url in sizes.items():
            with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
                for figure in measure(url, Path(folder)):
                    found[name][_name(figure, found[name], turn)].append(figure.product)
                    print(f"{turn + 1} {name:<6} {figure.name:<50} {figure.product:9.1f} ms", flush=True)
    words, beyond = as_markdown(found["SMALL"], found["LARGE"])
    RESULT.write_text(words, encoding="utf-8")
    print(words)
    return 1 if beyond else 0


def _name(figure: Figure, seen: Middles, turn: int) -> str:
    """Two figures of one name, as profiles may have, are told apart by a number."""
    return figure.name if len(seen.get(figure.name, ())) <= turn else f"{figure.name} (2)"


def as_markdown(small: Middles, large: Middles) -> tuple[str, list[str]]:
    """The table, and the names of what is beyond the bound."""
    called = {name.lower(): os.environ.get(f"BENCH_{name}_NAME", name.lower()) for name in ("SMALL", "LARGE")}
    lines = [HEADING.format(machine=machine(), rounds=ROUNDS, most=MOST, load=os.getloadavg()[0], **called)]
    beyond = []
    for name in small:
        before, after = statistics.median(small[name]), statistics.median(large[name])
        if after > MOST * before:
            beyond.append(name)
        mark = "**beyond**" if name in beyond else ""
        lines.append(f"| {name} | {number(before)} | {number(after)} | {number(after / before, 2)} | {mark} |")
    return "\n".join(lines) + "\n", beyond


if __name__ == "__main__":
    sys.exit(main())
