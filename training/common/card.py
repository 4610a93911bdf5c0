"""Lines that the cards of several models have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_MEDICAL_DEVICE = (
    "**This is no medical device.** It must not be used for diagnosis, treatment or monitoring."
)


def origin_lines(provenance: Mapping[str, Any], onnx_error: float) -> list[str]:
    """The float network beside the model, the command that made both, and the corpora."""
    return [
        f"- ONNX beside it: float, within {onnx_error:.1g} of the Keras network.",
        f"- Made by `{provenance['command']}`.",
        f"- Trained on: {'; '.join(provenance['corpora'])}.",
    ]
