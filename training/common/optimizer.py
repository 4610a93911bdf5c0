"""The optimizer of all trainings."""

from __future__ import annotations

from typing import Any

from tensorflow import keras

WARMUP_SHARE = 20  # one step in so many is a step of the warm-up
START_SHARE = 10  # the first step has this part of the highest learning rate


def adamw(learning_rate: float, steps: int, weight_decay: float, **more: Any) -> keras.Optimizer:
    """AdamW whose learning rate rises to `learning_rate`, and falls to zero by a cosine."""
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate / START_SHARE,
        steps,
        warmup_target=learning_rate,
        warmup_steps=steps // WARMUP_SHARE,
    )
    return keras.optimizers.AdamW(schedule, weight_decay=weight_decay, **more)
