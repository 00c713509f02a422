"""The figures as lines on the terminal and as the table that is kept."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from benchmarks.measuring import Figure

HEADING = """# Results of `make bench`

{people:,} people with two doses each. {machine}. Load when it was written: {load:.1f}.

`product` is the middle of whole requests with sessions, access, history, translations and templates all on; `bare` is
a Flask view that sends the same statements through the driver and prints a plain table (or what the note says);
`ratio` is the middle of the ratios of turns made one right after the other. The machine is noisy: single figures depend
on it and on what else it does, so trust the ratios. Statements count all that a request asks, session and history
included.
"""
COLUMNS = (
    "| Work | product, ms | p95 | beside it, ms | ratio | statements | bar | |\n|---|---:|---:|---:|---:|---:|---|---|"
)
WORDS = {"ratio": "ratio", "product": "ms", "p95": "p95, ms", "slowest": "slowest, ms"}


def number(value: float | None, digits: int = 1) -> str:
    """A number, or nothing."""
    return "" if value is None else f"{value:,.{digits}f}"


def statements(figure: Figure) -> str:
    """How many, and how many there may be."""
    if figure.statements is None:
        return ""
    return f"{figure.statements}" + (f" of {figure.bound}" if figure.bound else "")


def bars(figure: Figure) -> str:
    """What is asked of it, and where it does not hold."""
    return ", ".join(
        f"{WORDS[name]} <= {most:g}" + ("" if figure.holds(name) else " **no**") for name, most in figure.bars.items()
    )


def line(figure: Figure) -> str:
    """A figure on the terminal."""
    ratio = f"{number(figure.ratio)}x" if figure.ratio else ""
    return (
        f"{figure.name:<50} {number(figure.product):>9} ms {number(figure.lean):>9} {ratio:>8}"
        f"  {statements(figure):<8} {bars(figure)} {figure.note}"
    )


def machine() -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    model = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            words.split(":", 1)[1].strip() for words in info.read_text().splitlines() if words.startswith("model name")
        ]
        model = f" ({names[0]})" if names else ""
    return f"{os.cpu_count()} cores{model}, {memory:.0f} GB, Python {platform.python_version()}"


def as_markdown(people: int, results: dict[str, tuple[str, list[Figure]]]) -> str:
    """The table of each database."""
    parts = [HEADING.format(people=people, machine=machine(), load=os.getloadavg()[0])]
    for name, (took, figures) in results.items():
        title = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[name]
        parts.append(f"## {title}\n\nMaking the people took {took}.\n\n{COLUMNS}")
        parts[-1] += "".join(
            f"\n| {one.name} | {number(one.product)} | {number(one.p95)} | {number(one.lean)} | {number(one.ratio, 2)} "
            f"| {statements(one)} | {bars(one)} | {one.note} |"
            for one in figures
        )
        held = [one.holds(name) for one in figures for name in one.bars]
        parts[-1] += f"\n\n{sum(held)} of {len(held)} bars hold.\n"
    return "\n".join(parts)
