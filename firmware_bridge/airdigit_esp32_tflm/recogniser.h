// From samples to digits: the motion gate, the preprocessing and the model on TFLite Micro.
#pragma once

#if __has_include(<Chirale_TensorFlowLite.h>)
#include <Chirale_TensorFlowLite.h>  // the Arduino library; with ESP-IDF it is esp-tflite-micro
#endif
#include <tensorflow/lite/micro/micro_interpreter.h>
#include <tensorflow/lite/micro/micro_mutable_op_resolver.h>
#include <tensorflow/lite/schema/schema_generated.h>

#include "es_stroke.h"
#include "model.h"

static_assert(model::input_hash == ES_INPUT_HASH,
              "model.h and the es_ files come from different exports: export again");
static_assert(model::input_size == ES_INPUTS, "the model has another input size");

struct Verdict {
  int label;    // -1: rejected, the score is below the threshold
  float score;  // of the most likely label
};

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

  void restart() { es_gate_init(&gate_, ES_LIVE_HANG); }

  // Takes one sample (100 a second, +-4 g, +-500 deg/s); returns true if it completes a stroke.
  bool push(es_time t, const int16_t counts[6], es_span &span) {
    es_real sample[6];
    es_gate_to_si(counts, sample);
    return es_gate_push(&gate_, t, sample, &span);
  }

  // Computes the model's input from the stroke that was just completed.
  void prepare(const es_span &span, int8_t levels[ES_INPUTS]) {
    es_stroke_tensor(&gate_, &span, &work_, tensor_);
    es_quantise(tensor_[0], ES_INPUTS, model::input_scale, model::input_zero_point, levels);
  }

  // Returns the model's output, or null if it could not be computed.
  const int8_t *run(const int8_t levels[ES_INPUTS]) {
    memcpy(interpreter_->input(0)->data.int8, levels, ES_INPUTS);
    return interpreter_->Invoke() == kTfLiteOk ? interpreter_->output(0)->data.int8 : nullptr;
  }

  static Verdict decide(const int8_t output[model::label_count]) {
    int best = -1;
    for (int label = 0; label < model::label_count; label++) {
      if (label != model::none && (best < 0 || output[label] > output[best])) best = label;
    }
    const float score = real(output[best]);
    // The threshold applies to the score of all labels but `none`, as in edge/decision/single.py.
    const float any_label = model::none < 0 ? score : 1 - real(output[model::none]);
    return {any_label >= model::threshold ? best : -1, score};
  }

  static float real(int8_t level) {
    return (level - model::output_zero_point) * model::output_scale;
  }

  Verdict recognise(const es_span &span) {
    int8_t levels[ES_INPUTS];
    prepare(span, levels);
    const int8_t *output = run(levels);
    return output ? decide(output) : Verdict{-1, 0};
  }

 private:
  static const size_t ARENA_BYTES = 16 * 1024;
  alignas(16) uint8_t arena_[ARENA_BYTES];
  tflite::MicroInterpreter *interpreter_ = nullptr;
  es_gate gate_;
  es_workspace work_;
  float tensor_[ES_POINTS][ES_CHANNELS];
};
