"""Files that are written whole or not at all; light, for commands that print."""

import os
from pathlib import Path

from data import InputError


def write_whole(target: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        InputError: It cannot be written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, target)
    except OSError as error:
        raise InputError(
            f"Received {str(target)!r}; expected a file that can be written ({error.strerror})."
        ) from None
    finally:
        temporary.unlink(missing_ok=True)
