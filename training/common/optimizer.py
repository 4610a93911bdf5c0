"""The optimizer of all trainings."""

from __future__ import annotations

from typing import Any

from tensorflow import keras

WARMUP_DIVISOR = 20  # the warm-up lasts for a 20th of all steps ...
START_DIVISOR = 10  # ... and starts with a 10th of the highest learning rate


def adamw(learning_rate: float, steps: int, weight_decay: float, **more: Any) -> keras.Optimizer:
    """AdamW whose learning rate rises to `learning_rate`, and falls to zero by a cosine."""
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / START_DIVISOR,
        steps,
        warmup_target=learning_rate,
        warmup_steps=steps // WARMUP_DIVISOR,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=weight_decay, **more)
