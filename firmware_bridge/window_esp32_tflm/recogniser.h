// From samples to scores or waveforms: windows of samples, and the model on TFLite Micro.
#pragma once

#if __has_include(<Chirale_TensorFlowLite.h>)
#include <Chirale_TensorFlowLite.h>  // the Arduino library; with ESP-IDF it is esp-tflite-micro
#endif
#include <tensorflow/lite/micro/micro_interpreter.h>
#include <tensorflow/lite/micro/micro_mutable_op_resolver.h>
#include <tensorflow/lite/schema/schema_generated.h>

#include "ew_window.h"
#include "model.h"

class Recogniser {
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
    restart();
    return nullptr;
  }

  size_t arena_used() const { return interpreter_->arena_used_bytes(); }

  // Begins anew, as after a gap in the samples.
  void restart() { ew_init(&window_); }

  // Takes one sample (EW_RATE_HZ a second, in the units of the manifest). Returns whether it
  // completes a window, and then writes the model's input.
  bool push(const float sample[EW_CHANNELS], int8_t levels[EW_SIZE]) {
    return ew_push(&window_, sample, levels);
  }

  // Returns the model's output, or null if it could not be computed.
  const int8_t *run(const int8_t levels[EW_SIZE]) {
    memcpy(interpreter_->input(0)->data.int8, levels, EW_SIZE);
    return interpreter_->Invoke() == kTfLiteOk ? interpreter_->output(0)->data.int8 : nullptr;
  }

  static float value_of(int8_t level) {
    return (level - model::output_zero_point) * model::output_scale;
  }

  // Returns the index of the detected label, or -1, and writes its score.
  static int decide(const int8_t output[model::output_size], float &score) {
    int best = -1;
    for (int label = 0; label < model::label_count; label++) {
      if (label != model::none_label && (best < 0 || output[label] > output[best])) best = label;
    }
    score = value_of(output[best]);
    const float any =
        model::none_label < 0 ? score : 1 - value_of(output[model::none_label < 0 ? 0 : model::none_label]);
    return any >= model::threshold ? best : -1;
  }

 private:
  static const size_t ARENA_BYTES = 32 * 1024 + 4 * EW_SIZE;
  alignas(16) uint8_t arena_[ARENA_BYTES];
  tflite::MicroInterpreter *interpreter_ = nullptr;
  ew_window window_;
};
