// From samples to digits: the motion gate, the preprocessing and the model on TFLite Micro.
#pragma once

#include "es_decision.h"
#include "network.h"

static_assert(model::input_hash == ES_INPUT_HASH,
              "model.h and the es_ files come from different exports: export again");
static_assert(model::input_size == ES_INPUTS, "the model has another input size");

static_assert(model::label_count <= ES_MAX_LABELS, "the model has too many labels");

class Recogniser {
 public:
  // Returns null, or an error message.
  const char *begin() {
    restart();
    return network_.begin();
  }

  size_t arena_used() const { return network_.arena_used(); }

  void restart() {
    es_gate_init(&gate_, ES_LIVE_HANG);
    es_decision_init(&decision_);
  }

  // Takes one sample (100 a second, +-4 g, +-500 deg/s); returns the number of strokes that it
  // completes: the newest movement, and its joins to those before it.
  int push(es_time t, const int16_t counts[6], es_span spans[ES_PIECES]) {
    es_real sample[6];
    es_gate_to_si(counts, sample);
    return es_gate_push(&gate_, t, sample, spans);
  }

  // Computes the model's input from a stroke that was just completed, under the first sign.
  void prepare(const es_span &span, int8_t levels[ES_INPUTS]) {
    compute_tensor(span);
    quantise(tensor_, levels);
  }

  // Returns the model's output, or null if it could not be computed.
  const int8_t *run(const int8_t levels[ES_INPUTS]) { return network_.run(levels); }

  // Scores the prepared stroke under both signs and decides about it. Returns whether the model
  // could be run.
  bool decide(es_verdict &verdict) {
    float first[model::label_count], other[model::label_count];
    if (!score_views(first)) return false;
    es_stroke_flip(tensor_);
    if (!score_views(other)) return false;
    const es_labels labels = {model::label_count, model::digit_count, model::upside_down,
                              model::thresholds};
    es_decide(&decision_, &facts_, first, other, &labels, &verdict);
    return true;
  }

  // Decides about the strokes that were just completed: a digit is recognised (label >= 0), answers
  // are retracted, or neither.
  es_verdict recognise(const es_span spans[], int count) {
    es_verdict verdict = {-1, 0, 0, {}};
    while (count-- > 0) {
      if (!es_stroke_usable(&gate_, &spans[count])) continue;
      compute_tensor(spans[count]);
      if (!decide(verdict)) break;
      if (verdict.label >= 0 || verdict.retracted_count) break;
    }
    return verdict;
  }

 private:
  void compute_tensor(const es_span &span) {
    es_stroke_tensor(&gate_, &span, &work_, &facts_, tensor_);
  }

  static void quantise(const float tensor[ES_POINTS][ES_CHANNELS], int8_t levels[ES_INPUTS]) {
    es_quantise(tensor[0], ES_INPUTS, model::input_scale, model::input_zero_point, levels);
  }

  // The mean scores of the views of the stroke, under the sign that the tensor has.
  bool score_views(float scores[model::label_count]) {
    es_view_mean mean = {};
    for (int view = 0; view < ES_VIEWS; view++) {
      int8_t levels[ES_INPUTS];
      if (model::view_weights[view] == 0) continue;
      es_stroke_view(tensor_, &facts_, view, viewed_);
      quantise(viewed_, levels);
      const int8_t *output = run(levels);
      if (!output) return false;
      to_scores(output, scores);
      es_add_view(&mean, scores, model::label_count, model::view_weights[view]);
    }
    es_mean_scores(&mean, model::label_count, scores);
    return true;
  }

  static void to_scores(const int8_t output[model::label_count], float scores[]) {
    for (int label = 0; label < model::label_count; label++) {
      scores[label] = value_of(output[label]);
    }
  }

  static const size_t ARENA_BYTES = 16 * 1024;
  Network<ARENA_BYTES> network_;
  es_gate gate_;
  es_workspace work_;
  es_stroke_facts facts_;
  es_decision decision_;
  float tensor_[ES_POINTS][ES_CHANNELS], viewed_[ES_POINTS][ES_CHANNELS];
};
