"""Keep the converters from writing what does not help a user."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator

from edge.model.runtime import quiet


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Converters print the paths of temporary files and warn of the defaults that they use."""
    disabled = logging.root.manager.disable
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        warnings.catch_warnings(),
        quiet(),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(disabled)
