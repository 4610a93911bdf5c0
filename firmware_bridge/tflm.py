"""What TFLite Micro needs to know of a network: its operations, read from the file itself."""

from __future__ import annotations

from struct import unpack_from

from edge.errors import ModelError

# BuiltinOperator of TFLite's schema, in its order.
_BUILTIN_OPERATORS = """
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6
RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL
CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND
SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST
PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN
TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW
ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK
REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR
LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS
WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
PLACEHOLDER CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE
HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE
READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM
MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX
UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT
"""

# What TFLite Micro computes; newer releases add a few, which no model here has needed.
_SUPPORTED = """
ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_TO_SPACE_ND CAST CEIL CONCATENATION CONV_2D COS
CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EQUAL EXP EXPAND_DIMS FILL FLOOR
FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH
L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR
LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2
PRELU QUANTIZE REDUCE_MAX RELU RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR ROUND RSQRT
SELECT_V2 SHAPE SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE
SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TRANSPOSE TRANSPOSE_CONV
UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK ZEROS_LIKE
"""
_NAMES = _BUILTIN_OPERATORS.split()
_CUSTOM = _NAMES.index("CUSTOM")
SUPPORTED = frozenset(_SUPPORTED.split())
_OWN_SPELLING = {
    "CUMSUM": "AddCumSum",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}


def operations(network: bytes) -> list[str]:
    """Names of the operations of a network that a runtime has accepted, each once."""
    codes = _pointer(network, _pointer_at(network, 0), 1)
    (count,) = unpack_from("<I", network, codes)
    names = {_name(network, _pointer_at(network, codes + 4 + 4 * k)) for k in range(count)}
    return sorted(names)


def resolver_methods(network: bytes, name: str) -> list[str]:
    """Methods of MicroMutableOpResolver that the network calls for; ModelError when one is missing.

    `name` is what the message calls the model.
    """
    used = operations(network)
    missing = [operation for operation in used if operation not in SUPPORTED]
    if missing:
        raise ModelError(
            f"{name} uses {', '.join(missing)}, which TFLite Micro lacks: "
            "train it with layers made of what a microcontroller computes"
        )
    return [_OWN_SPELLING.get(op, "Add" + op.title().replace("_", "")) for op in used]


def _name(data: bytes, code: int) -> str:
    # Numbers above 127 do not fit the older of the two fields.
    older, newer = _field(data, code, 0), _field(data, code, 3)
    number = max(
        unpack_from("<b", data, older)[0] if older else 0,
        unpack_from("<i", data, newer)[0] if newer else 0,
    )
    if number == _CUSTOM:
        at = _pointer(data, code, 1)
        (length,) = unpack_from("<I", data, at)
        return "custom operation " + data[at + 4 : at + 4 + length].decode("utf-8", "replace")
    return _NAMES[number] if number < len(_NAMES) else f"operation {number}"


def _field(data: bytes, table: int, index: int) -> int:
    """Where a field of a flatbuffer's table is; 0 where it is left out."""
    vtable = table - unpack_from("<i", data, table)[0]
    (size,) = unpack_from("<H", data, vtable)
    slot = 4 + 2 * index
    offset = unpack_from("<H", data, vtable + slot)[0] if slot < size else 0
    return table + offset if offset else 0


def _pointer(data: bytes, table: int, index: int) -> int:
    return _pointer_at(data, _field(data, table, index))


def _pointer_at(data: bytes, at: int) -> int:
    return at + int(unpack_from("<I", data, at)[0])
