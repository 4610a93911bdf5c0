// The network of model.h on TFLite Micro.
#pragma once

#if __has_include(<Chirale_TensorFlowLite.h>)
#include <Chirale_TensorFlowLite.h>  // the Arduino library; with ESP-IDF it is esp-tflite-micro
#endif
#include <tensorflow/lite/micro/micro_interpreter.h>
#include <tensorflow/lite/micro/micro_mutable_op_resolver.h>
#include <tensorflow/lite/schema/schema_generated.h>

#include "model.h"

// Returns the value of a level of the output.
inline float value_of(int8_t level) {
  return (level - model::output_zero_point) * model::output_scale;
}

template <size_t ARENA_BYTES>
class Network {
 public:
  // Returns null, or an error message.
  const char *begin() {
    const tflite::Model *network = tflite::GetModel(model::network);
    if (network->version() != TFLITE_SCHEMA_VERSION) {
      return "this TFLite Micro reads models of another version: update the library";
    }
    static tflite::MicroMutableOpResolver<model::operator_count> resolver;
    model::add_operators(resolver);
    static tflite::MicroInterpreter interpreter(network, resolver, arena_, sizeof(arena_));
    if (interpreter.AllocateTensors() != kTfLiteOk) {
      return "the model does not fit: raise ARENA_BYTES in recogniser.h";
    }
    interpreter_ = &interpreter;
    return nullptr;
  }

  size_t arena_used() const { return interpreter_->arena_used_bytes(); }

  // Returns the output, or null if it could not be computed.
  const int8_t *run(const int8_t levels[model::input_size]) {
    memcpy(interpreter_->input(0)->data.int8, levels, model::input_size);
    return interpreter_->Invoke() == kTfLiteOk ? interpreter_->output(0)->data.int8 : nullptr;
  }

 private:
  alignas(16) uint8_t arena_[ARENA_BYTES];
  tflite::MicroInterpreter *interpreter_ = nullptr;
};
