"""An exported sketch folder, compiled for this computer with a fake TFLite Micro.

The fake has the interface of TFLite Micro and passes the network's input to a callback of the test,
which runs the real model.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.model import Model

FAKE_TFLM = {
    "schema_generated": """
#define TFLITE_SCHEMA_VERSION 3
namespace tflite {
struct Model { uint32_t version() const { return 3; } };
inline const Model *GetModel(const void *network) {
  host_network = network;
  return (const Model *)network;
}
}""",
    "micro_mutable_op_resolver": """
namespace tflite {
template <unsigned int most> class MicroMutableOpResolver {
 public:
  unsigned count = 0;
  int add() { return ++count > most ? kTfLiteError : kTfLiteOk; }
  int AddConv2D() { return add(); }
  int AddFullyConnected() { return add(); }
  int AddReshape() { return add(); }
  int AddSoftmax() { return add(); }
};
}""",
    "micro_interpreter": """
struct TfLiteTensor { struct { int8_t *int8; } data; };
namespace tflite {
class MicroInterpreter {
 public:
  template <class M, class R>
  MicroInterpreter(const M *, const R &, uint8_t *arena, size_t) {
    input_.data.int8 = (int8_t *)arena;
    output_.data.int8 = (int8_t *)arena + 8192;
  }
  int AllocateTensors() { return kTfLiteOk; }
  size_t arena_used_bytes() const { return 9000; }
  TfLiteTensor *input(int) { return &input_; }
  TfLiteTensor *output(int) { return &output_; }
  int Invoke() { return host_invoke(input_.data.int8, output_.data.int8); }
 private:
  TfLiteTensor input_, output_;
};
}""",
}
HOST_HEADER = """#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
enum { kTfLiteOk = 0, kTfLiteError = 1 };
extern "C" int (*host_invoke)(const int8_t *input, int8_t *output);
extern const void *host_network;
"""
HOST_DEFINITIONS = """
#include "host.h"
extern "C" { int (*host_invoke)(const int8_t *, int8_t *) = nullptr; }
const void *host_network;
"""
# Begins a program whose `extern "C"` block the caller continues and closes.
HOST_START = """
#include <string>
#include "recogniser.h"
#include "self_test.h"

static Recogniser recogniser;
static std::string printed;

struct Output {
  void println(const char *text) { printed += text + std::string("\\n"); }
};

extern "C" {
const char *host_begin(int (*invoke)(const int8_t *, int8_t *)) {
  host_invoke = invoke;
  return recogniser.begin();
}
const char *host_self_test() {
  Output output;
  printed.clear();
  self_test(recogniser, output);
  return printed.c_str();
}
"""
HOST_PROGRAM = (
    HOST_START
    + """
int host_recognise(double t, const int16_t *counts, float *score) {
  es_span spans[ES_PIECES];
  const int strokes = recogniser.push(t, counts, spans);
  if (!strokes) return -2;
  const es_verdict verdict = recogniser.recognise(spans, strokes);
  *score = verdict.score;
  return verdict.label;
}
const unsigned char *host_model() { return model::network; }
unsigned host_model_size() { return model::network_size; }
const char *host_text(int which) {
  if (which < 2) return which ? model::input_specification : model::task;
  return model::labels[which - 2];
}
uint64_t host_input_hash() { return model::input_hash; }
void host_numbers(double *numbers) {
  numbers[0] = model::input_scale;
  numbers[1] = model::input_zero_point;
  numbers[2] = model::output_scale;
  numbers[3] = model::output_zero_point;
  numbers[4] = model::upside_down;
  numbers[5] = model::digit_count;
  numbers[6] = model::label_count;
  for (int k = 0; k < model::digit_count; k++) numbers[7 + k] = model::thresholds[k];
}
}
"""
)
INVOKE_TYPE = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_int8), ctypes.POINTER(ctypes.c_int8)
)


def compile_library(folder: Path, build: Path, program: str, *includes: Path) -> Path:
    """Compile the folder's C files and the C++ text `program` to a library."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        raise AssertionError("no C++ compiler: sudo apt install g++")
    fake = build / "fake/tensorflow/lite"
    (fake / "micro").mkdir(parents=True)
    (fake / "schema").mkdir()
    (build / "fake/host.h").write_text(HOST_HEADER)
    for name, text in FAKE_TFLM.items():
        path = fake / ("schema" if name == "schema_generated" else "micro") / f"{name}.h"
        path.write_text('#pragma once\n#include "host.h"\n' + text + "\n")
    (build / "host.cpp").write_text(HOST_DEFINITIONS + program)
    flags = ["-O1", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    for include in (build / "fake", folder, *includes):
        flags += ["-I", str(include)]
    objects = []
    for source in (*sorted(folder.glob("*.c")), build / "host.cpp"):
        # As the Arduino IDE does for an ESP32.
        language = ["-x", "c", "-std=gnu17"] if source.suffix == ".c" else ["-std=gnu++17"]
        objects.append(str(build / f"{source.stem}.o"))
        subprocess.run(
            [compiler, *language, *flags, "-c", str(source), "-o", objects[-1]], check=True
        )
    library = build / "sketch.so"
    subprocess.run([compiler, "-shared", *objects, "-o", str(library), "-lm"], check=True)
    return library


def invoke_callback(model: Model) -> Any:
    """Return a C callback that runs the model; keep a reference as long as C may call it."""
    size = int(np.prod(model.input_shape))

    def invoke(input_: Any, output: Any) -> int:
        levels = np.ctypeslib.as_array(input_, (size,)).copy()
        result = model.run(levels.reshape(model.input_shape))
        np.ctypeslib.as_array(output, result.shape)[:] = result
        return 0

    return INVOKE_TYPE(invoke)


class Sketch:
    """The recogniser and the self-test of a sketch folder, without the .ino file."""

    def __init__(self, folder: Path, build: Path) -> None:
        self.library = ctypes.CDLL(str(compile_library(folder, build, HOST_PROGRAM)))
        for name in ("host_begin", "host_self_test", "host_text"):
            getattr(self.library, name).restype = ctypes.c_char_p
        self.library.host_model.restype = ctypes.c_void_p
        self.library.host_input_hash.restype = ctypes.c_uint64

    def begin(self, invoke: Any) -> None:
        self._invoke = invoke
        error = self.library.host_begin(invoke)
        assert error is None, error

    def self_test(self) -> str:
        return str(self.library.host_self_test().decode())

    def push(self, t: float, counts: NDArray[np.int16]) -> tuple[int, float] | None:
        """Return label and score if the sample completes a stroke."""
        counts, score = np.ascontiguousarray(counts, np.int16), ctypes.c_float()
        pointer = ctypes.c_void_p(counts.ctypes.data)
        label = self.library.host_recognise(ctypes.c_double(t), pointer, ctypes.byref(score))
        return None if label == -2 else (label, score.value)
