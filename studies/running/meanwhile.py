"""Imports that wait until workers train: the one place where the driver is lazy.

What shows records brings in pandas and SciPy. That takes two seconds, for which no worker should
have to wait, nor one that imports a user's script. `importlib.import_module` gives each module.
"""

import contextlib
import threading
from importlib import import_module

ANSWER = "studies.results.after_run"
"""What prints the answer of `ebb run`."""
BY_LOOKS = "studies.running.until_decided"
"""What adds seeds look by look, and so compares."""
RESULTS = "studies.results.results"
"""What `studies.run` returns."""
VALUES = "analysis.metrics.values"
"""What finds the value of a metric in a record."""


def import_meanwhile(*modules: str) -> threading.Thread:
    """Import modules in a thread that ends when they are there.

    One that cannot be imported is not spoken of here: who needs it meets the same error.
    """

    def import_all() -> None:
        for name in modules:
            with contextlib.suppress(Exception):
                import_module(name)

    thread = threading.Thread(target=import_all, daemon=True)
    thread.start()
    return thread
