// Does this board compute what the computer computed? Strokes with known answers, from golden.h.
#pragma once
#include <stdio.h>

#include "golden.h"
#include "recogniser.h"

// An ESP32 computes in float, the golden numbers were made in double: a value that lies between
// two levels may go to either. Kernels differ in how they round: TFLite Micro's own are within 6 of
// 256 levels of TFLite's.
const int LARGEST_INPUT_DIFFERENCE = 1, LARGEST_ANSWER_DIFFERENCE = 8;
const int MOST_INPUT_DIFFERENCES = ES_INPUTS / 100;

inline int largest_difference(const int8_t *a, const int8_t *b, int count, int &differing) {
  int largest = 0;
  differing = 0;
  for (int at = 0; at < count; at++) {
    const int difference = abs(a[at] - b[at]);
    if (difference) differing++;
    if (difference > largest) largest = difference;
  }
  return largest;
}

// Null, or what differs.
inline const char *try_golden(Recogniser &recogniser, const golden::Stroke &stroke) {
  static int8_t levels[ES_INPUTS];
  es_span span;
  int differing, at = 0;
  recogniser.restart();
  while (at < stroke.count &&
         !recogniser.push(stroke.samples[at].time_us / 1e6, stroke.samples[at].counts, span)) {
    at++;
  }
  if (at != stroke.count - 1) return "the stroke was not found where it is";
  recogniser.prepare(span, levels);
  if (largest_difference(levels, stroke.input, ES_INPUTS, differing) > LARGEST_INPUT_DIFFERENCE ||
      differing > MOST_INPUT_DIFFERENCES) {
    return "the preprocessing gives other numbers";
  }
  const int8_t *answer = recogniser.run(stroke.input);
  if (!answer) return "the model cannot be run";
  if (largest_difference(answer, stroke.answer, model::label_count, differing) >
      LARGEST_ANSWER_DIFFERENCE) {
    return "the model gives other numbers";
  }
  answer = recogniser.run(levels);
  if (!answer || Recogniser::decide(answer).label != stroke.label) return "it is not recognised";
  return nullptr;
}

// Leaves the recogniser as if it had just begun.
template <class Output>
bool self_test(Recogniser &recogniser, Output &output) {
  int failed = 0;
  for (int number = 0; number < golden::stroke_count; number++) {
    const char *trouble = try_golden(recogniser, golden::strokes[number]);
    if (!trouble) continue;
    failed++;
    char line[80];
    snprintf(line, sizeof(line), "stroke %d: %s", number, trouble);
    output.println(line);
  }
  char line[80];
  snprintf(line, sizeof(line), "network of %u bytes, arena of %u, %d strokes", model::network_size,
           (unsigned)recogniser.arena_used(), golden::stroke_count);
  output.println(line);
  recogniser.restart();
  output.println(failed ? "self-test FAIL" : "self-test PASS");
  return !failed;
}
