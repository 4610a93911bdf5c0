"""What the rules of the operators share."""

from __future__ import annotations

from edge.tflite.node import Node

Shape = tuple[int, ...]

MIN_MULTIPLIER, MAX_MULTIPLIER = 2.0**-31, 2.0**10  # outside, fixed-point arithmetic overflows
ACTIVATIONS = {0: "none", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6"}
"""Activations that an operator may include."""


def counts(node: Node, inputs: range | tuple[int, ...], outputs: int = 1) -> None:
    if len(node.inputs) not in inputs or len(node.outputs) != outputs:
        raise node.error(f"has {len(node.inputs)} inputs and {len(node.outputs)} outputs")


def activation(node: Node, number: int) -> None:
    if number not in ACTIVATIONS:
        raise node.error(f"includes the unknown activation {number}")


def multiplier(node: Node, value: float) -> None:
    """Check the factor between the integers of an input and those of the output."""
    if not MIN_MULTIPLIER < value < MAX_MULTIPLIER:
        raise node.error(f"has quantisation scales with an impossible ratio ({value:.3g})")


def same_kind(node: Node, kinds: tuple[int, ...], inputs: int = 1) -> None:
    """The first `inputs` inputs and all outputs have the same type, which is one of `kinds`."""
    found = {node.input(number).kind for number in range(inputs)}
    found |= {tensor.kind for tensor in node.outputs}
    problem = "has inputs and outputs of types that are not supported"
    if len(found) != 1:
        raise node.error(problem)
    if not found <= set(kinds):
        raise node.type_error(problem)


def axis_of(node: Node, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise node.error(f"uses axis {axis} of a tensor with {rank} axes")
    return axis % rank
