"""What schemathesis makes of the interface's own OpenAPI document: calls as it allows them, and as it does not."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core import NotSet
from schemathesis.generation import GenerationMode

from models.base import db
from tests.screen_world import World

DOCUMENT = "/api/v1/_openapi"
MODES = (GenerationMode.NEGATIVE, GenerationMode.POSITIVE)


class Calls:
    """Sends what is generated for each operation, and remembers what ended in a fault of the product's own."""

    def __init__(self, world: World, who: Sequence[str], seed: int):
        self.world, self.seed = world, seed
        self.browsers = [world.browser(profile) for profile in who]
        self.browser = self.browsers[0]
        self.schema = schemathesis.openapi.from_dict(self.browser.get(DOCUMENT).json)
        self.found: dict[str, str] = {}
        self.answers: Counter[int] = Counter()
        self.asked = 0

    def run(self, examples: int) -> None:
        """So many calls for each operation, by turns as the document has it and against it, and by each in turn."""
        for number, found in enumerate(self.schema.get_all_operations()):
            operation = found.ok()
            self.browser = self.browsers[number // len(MODES) % len(self.browsers)]
            modes = MODES if examples > 1 else (MODES[number % 2],)
            for mode in modes:
                self._ask_for(operation.as_strategy(generation_mode=mode), examples)
            self.asked += 1

    def _ask_for(self, strategy: Any, examples: int) -> None:
        @seed(self.seed)
        @settings(
            max_examples=examples, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=strategy)
        def ask(case: Any) -> None:
            self._ask(case)

        ask()

    def _ask(self, case: Any) -> None:
        given = {} if isinstance(case.body, NotSet) else {"data": _text(case.body), "content_type": "application/json"}
        query = {str(name): str(value) for name, value in (case.query or {}).items()}
        what = f"{case.method} {case.formatted_path}"
        try:
            answer = self.browser.open(
                case.formatted_path,
                method=case.method,
                query_string=query,
                headers={"X-Place": self.browser.place},
                **given,
            )
            code = answer.status_code
            self.answers[code] += 1
        except Exception as error:  # noqa: BLE001 - whatever a call ends with is the finding
            frames = traceback.extract_tb(error.__traceback__)
            code = f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}"
            with self.world.app.app_context():
                db.session.remove()
        if not isinstance(code, int) or code >= 500:
            self.found.setdefault(f"{what} {code}", f"{query} {given}"[:600])


def _text(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
