"""Operators that move a window over an image: convolutions and pools, and dense layers."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from edge.tflite.network import Tensor
from edge.tflite.node import FLOAT32, INT8, INT16, INT32, INT64, UINT8, Node
from edge.tflite.rules.base import Shape, activation, multiplier

MAX_STEP = 1 << 12  # of strides, dilations and windows
MAX_SIZE = 1 << 24  # of an axis of an output


def convolution(node: Node) -> list[Shape]:
    """CONV_2D: the kernel is (outputs, height, width, channels)."""
    image, kernel = _image(node), _kernel(node)
    outputs, kernel_h, kernel_w, depth = kernel.shape
    if image.shape[3] % depth or outputs % (image.shape[3] // depth):
        raise node.error(f"has a kernel for {depth} channels and an image of {image.shape[3]}")
    _weights(node, kernel, outputs, axis=0)
    activation(node, node.option(3, "b"))
    return [(*_window(node, image, (kernel_h, kernel_w), (4, 5)), outputs)]


def depthwise(node: Node) -> list[Shape]:
    """DEPTHWISE_CONV_2D: the kernel is (1, height, width, outputs).

    The bias may be left out in the format, but LiteRT reads it all the same and crashes.
    """
    if node.optional(2) is None:
        raise node.error("has no bias, which LiteRT needs")
    image, kernel = _image(node), _kernel(node)
    first, kernel_h, kernel_w, outputs = kernel.shape
    if first != 1 or outputs % image.shape[3]:
        raise node.error(f"has a kernel for {outputs} channels and an image of {image.shape[3]}")
    if node.option(3, "i") not in (0, outputs // image.shape[3]):
        raise node.error("has an impossible depth multiplier")
    _weights(node, kernel, outputs, axis=3)
    activation(node, node.option(4, "b"))
    return [(*_window(node, image, (kernel_h, kernel_w), (5, 6)), outputs)]


def transpose_convolution(node: Node) -> list[Shape]:
    """TRANSPOSE_CONV: the first input states the shape of the output, the third is the image.

    Kernels compute the place of each value from the output, so the sizes must fit together: a
    convolution of the output must give the size of the image.
    """
    wanted, node = tuple(node.integers(0)), as_convolution(node)
    image, kernel = _image(node), _kernel(node)
    outputs, kernel_h, kernel_w, depth = kernel.shape
    if len(wanted) != 4 or min(wanted) < 1 or max(wanted) > MAX_SIZE:
        raise node.error(f"states the impossible output {wanted}")
    if depth != image.shape[3]:
        raise node.error(f"has a kernel for {depth} channels and an image of {image.shape[3]}")
    _weights(node, kernel, outputs, axis=0)
    activation(node, node.option(3, "b"))
    size = _window(node, replace(image, shape=wanted), (kernel_h, kernel_w), ())
    if size != image.shape[:3] or wanted[3] != outputs:
        raise node.error(f"makes {wanted} of an image of {image.shape}")
    return [wanted]


def as_convolution(node: Node) -> Node:
    """A TRANSPOSE_CONV with its inputs in the order of CONV_2D: image, kernel, bias."""
    order = [2, 1, 3][: len(node.inputs) - 1]
    inputs = tuple(node.operator.inputs[at] for at in order)
    operator = replace(node.operator, inputs=inputs)
    return replace(node, operator=operator, inputs=[node.inputs[at] for at in order])


def pool(node: Node) -> list[Shape]:
    image = _image(node, (FLOAT32, INT8, UINT8, INT16))
    if node.outputs[0].kind != image.kind:
        raise node.error("has an output of another type than its input")
    activation(node, node.option(5, "b"))
    window = node.option(4), node.option(3)
    return [(*_window(node, image, window, ()), image.shape[3])]


def fully_connected(node: Node) -> list[Shape]:
    image, kernel = node.input(0), node.input(1)
    if image.kind not in (FLOAT32, INT8) or len(kernel.shape) != 2 or node.option(1, "b"):
        raise node.error("has an input or weights of a kind that is not supported")
    outputs, depth = kernel.shape
    if prod(image.shape) % depth:
        raise node.error(f"has weights for {depth} values and an input of {image.shape}")
    _weights(node, kernel, outputs, axis=0)
    activation(node, node.option(0, "b"))
    if node.option(2, "B"):
        if not image.shape or image.shape[-1] != depth:
            raise node.error(f"has weights for {depth} values and an input of {image.shape}")
        return [(*image.shape[:-1], outputs)]
    return [(prod(image.shape) // depth, outputs)]


def _image(node: Node, kinds: tuple[int, ...] = (FLOAT32, INT8)) -> Tensor:
    image = node.input(0)
    if len(image.shape) != 4 or image.kind not in kinds:
        raise node.error(f"has an input of shape {image.shape} or of a type that is not supported")
    return image


def _kernel(node: Node) -> Tensor:
    kernel = node.input(1)
    if len(kernel.shape) != 4:
        raise node.error(f"has a kernel of shape {kernel.shape}")
    return kernel


def _window(
    node: Node, image: Tensor, window: tuple[int, int], dilations: tuple[int, ...]
) -> Shape:
    """Batch, height and width of the output. `dilations` are the fields of width and height."""
    strides = node.option(2), node.option(1)
    dilation = [1, 1]
    if dilations:
        dilation = [node.option(field, "i", 1) for field in reversed(dilations)]
    if min(*strides, *window, *dilation) < 1 or max(*strides, *window, *dilation) > MAX_STEP:
        raise node.error(
            f"has a window of {window}, strides of {strides} and dilations of {dilation}"
        )
    padding = node.option(0, "b")
    if padding not in (0, 1):
        raise node.error(f"has the unknown padding {padding}")
    axes = [
        _output_size(*sizes, same=padding == 0)
        for sizes in zip(image.shape[1:3], window, strides, dilation, strict=True)
    ]
    if min(axes) < 1:
        raise node.error(f"has a window of {window}, larger than its input {image.shape}")
    return image.shape[0], *axes


def _output_size(size: int, window: int, stride: int, dilation: int, same: bool) -> int:
    if same:
        return -(-size // stride)
    return (size - (window - 1) * dilation - 1 + stride) // stride


def _weights(node: Node, kernel: Tensor, outputs: int, axis: int) -> None:
    """Check the types, the bias and the quantisation of a layer with weights."""
    image, result, bias = node.input(0), node.outputs[0], node.optional(2)
    if kernel.constant is None or image.kind != result.kind:
        raise node.error("has weights that are not constant, or an output of another type")
    if bias is not None and bias.shape not in ((outputs,), (1, outputs)):
        raise node.error(f"has a bias of shape {bias.shape} for {outputs} channels")
    if bias is not None and bias.constant is None:
        raise node.error("has a bias that is not constant")
    if image.kind == FLOAT32:
        if kernel.kind not in (FLOAT32, INT8) or bias is not None and bias.kind != FLOAT32:
            raise node.error("has weights of a type that is not supported")
    elif kernel.kind != INT8 or bias is not None and bias.kind not in (INT32, INT64):
        raise node.error("has weights or a bias of a type that is not supported")
    if kernel.kind == INT8:
        if len(kernel.scales) not in (1, outputs) or any(kernel.zeros):
            raise node.error("has weights with an impossible quantisation")
        if len(kernel.scales) > 1 and kernel.axis != axis:
            raise node.error("has weights that are quantised along another axis")
    if image.kind == INT8:
        for scale in {min(kernel.scales), max(kernel.scales)}:
            multiplier(node, image.scale * scale / result.scale)
