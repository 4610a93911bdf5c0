/* From the scores of a stroke under both signs to a digit, across pauses within it. The same
 * algorithms as in views.py, sign.py and stroke.py of edge/decision, which give the reasons. */
#ifndef ES_DECISION_H
#define ES_DECISION_H

#include "es_stroke.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ES_MAX_LABELS 16

/* The labels of the model: the digits come first. */
typedef struct {
  int count, digits, upside_down;
  const float *thresholds; /* of each digit */
} es_labels;

typedef struct {
  es_real probabilities[ES_MAX_LABELS]; /* 0 for `upside down` */
  es_real first_sign;                   /* probability of the first sign */
  es_real evidence;                     /* log odds of it from the scores of the network alone */
} es_combined;

typedef struct {
  int label;
  es_real score;
  es_time start, end, detected; /* `detected`: the end of the stroke when it was answered */
} es_answer;

typedef struct {
  es_real right[3]; /* where right was in the strokes before, in the sensor's axes */
  es_answer answers[ES_PIECES];
  int count;
  es_time settled; /* `decided` of the newest stroke of which a join was accepted */
} es_decision;

typedef struct {
  int label;   /* -1: nothing new is recognised */
  float score; /* of the most likely digit */
  int retracted_count;
  es_answer retracted[ES_PIECES]; /* answers that are not valid any more */
} es_verdict;

/* The weighted geometric mean of the scores of the views of a stroke. */
typedef struct {
  es_real log_score[ES_MAX_LABELS], weight; /* sums */
} es_view_mean;

void es_add_view(es_view_mean *mean, const float *scores, int count, es_real weight);

/* Writes the mean of the views that were added, with the sum 1. */
void es_mean_scores(const es_view_mean *mean, int count, float *scores);

void es_decision_init(es_decision *decision);

/* Combines the scores under the first and the other sign, (labels->count) each; `odds` are the log
 * odds of the first sign that are known before. */
void es_combine(const float *first, const float *other, const es_labels *labels, es_real odds,
                es_combined *combined);

/* Decides about one stroke. Of the strokes that end at the same time, give the longest first. */
void es_decide(es_decision *decision, const es_stroke_facts *facts, const float *first,
               const float *other, const es_labels *labels, es_verdict *verdict);

#ifdef __cplusplus
}
#endif
#endif
