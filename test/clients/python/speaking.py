"""How server and client talk with the tests: one JSON object a line, out and in."""

import json
import os
import sys
import threading
from collections.abc import Callable

_speaking = threading.Lock()


def say(**line: object) -> None:
    with _speaking:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


def on_line(handle: Callable[[dict], None]) -> None:
    """The test's end of standard input is the end of this process, so that nothing outlives a test that was killed."""

    def read() -> None:
        for text in sys.stdin:
            handle(json.loads(text))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
