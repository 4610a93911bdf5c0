#include "es_decision.h"

#include <string.h>

static es_real bounded(es_real value, es_real low, es_real high) {
  return value < low ? low : value > high ? high : value;
}

static es_real dot(const es_real a[3], const es_real b[3]) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void es_decision_init(es_decision *decision) {
  memset(decision, 0, sizeof *decision);
  decision->settled = -1;
}

static es_real agreement_odds(es_real agreement) {
  return bounded(ES_ODDS_PER_AGREEMENT * agreement, -ES_MAX_ODDS, ES_MAX_ODDS);
}

static es_real bounded_score(const float *scores, int label) {
  return scores[label] < ES_LEAST_SCORE ? ES_LEAST_SCORE : (es_real)scores[label];
}

void es_add_view(es_view_mean *mean, const float *scores, int count, es_real weight) {
  int k;
  mean->weight += weight;
  for (k = 0; k < count; k++) mean->log_score[k] += weight * es_log(bounded_score(scores, k));
}

void es_mean_scores(const es_view_mean *mean, int count, float *scores) {
  es_real value[ES_MAX_LABELS], sum = 0;
  int k;
  for (k = 0; k < count; k++) sum += value[k] = es_exp(mean->log_score[k] / mean->weight);
  for (k = 0; k < count; k++) scores[k] = (float)(value[k] / sum);
}

void es_combine(const float *first, const float *other, const es_labels *labels, es_real odds,
                es_combined *combined) {
  es_real prior = 1 / (1 + es_exp(-odds)), of_first = 0, of_other = 0, total;
  es_real first_reversed = bounded_score(first, labels->upside_down);
  es_real other_reversed = bounded_score(other, labels->upside_down);
  int k;
  for (k = 0; k < labels->count; k++) {
    es_real a, b;
    combined->probabilities[k] = 0;
    if (k == labels->upside_down) continue;
    a = bounded_score(first, k) * other_reversed;
    b = bounded_score(other, k) * first_reversed;
    of_first += a;
    of_other += b;
    combined->probabilities[k] = prior * a + (1 - prior) * b;
  }
  total = prior * of_first + (1 - prior) * of_other;
  for (k = 0; k < labels->count; k++) combined->probabilities[k] /= total;
  combined->first_sign = prior * of_first / total;
  combined->evidence = es_log(of_first / of_other);
}

/* Remembers the direction to the right in the axes of the sensor. */
static void learn(es_decision *decision, const es_real lateral[3], es_real odds) {
  es_real weight = es_tanh(odds / 2), size;
  int k;
  if (es_fabs(weight) <= ES_LEAST_SURE) return;
  for (k = 0; k < 3; k++) {
    decision->right[k] = ES_KEPT * decision->right[k] + ES_LEARNED * weight * lateral[k];
  }
  size = es_sqrt(dot(decision->right, decision->right));
  for (k = 0; k < 3 && size > 1; k++) decision->right[k] /= size;
}

static void remember(es_decision *decision, es_answer answer) {
  if (decision->count == ES_PIECES) {
    memmove(decision->answers, decision->answers + 1, sizeof(es_answer) * (ES_PIECES - 1));
    decision->count--;
  }
  decision->answers[decision->count++] = answer;
}

/* Whether a join looks more like one digit than the answers so far. */
static int is_one_stroke(const es_decision *decision, const es_answer *join) {
  es_real surest = 0;
  int k, parts = 0, same = 1;
  for (k = 0; k < decision->count; k++) {
    const es_answer *answer = &decision->answers[k];
    if (answer->start < join->start && join->start <= answer->end) return 0;
    if (answer->start < join->start) continue;
    parts++;
    same = same && answer->label == join->label;
    if (answer->score > surest) surest = answer->score;
  }
  return (parts == 1 && same) || 1 - join->score < ES_MORE_DOUBTFUL * (1 - surest);
}

/* Takes back the answers of the parts of a join; returns whether its own answer is new. */
static int replace_parts(es_decision *decision, es_answer *join, es_verdict *verdict) {
  int k, kept = 0;
  for (k = 0; k < decision->count; k++) {
    es_answer *answer = &decision->answers[k];
    if (answer->start < join->start) {
      decision->answers[kept++] = *answer;
    } else {
      verdict->retracted[verdict->retracted_count++] = *answer;
    }
  }
  decision->count = kept;
  if (verdict->retracted_count == 1 && verdict->retracted[0].label == join->label) {
    join->detected = verdict->retracted[0].detected; /* the answer stands */
    verdict->retracted_count = 0;
    return 0;
  }
  return 1;
}

void es_decide(es_decision *decision, const es_stroke_facts *facts, const float *first,
               const float *other, const es_labels *labels, es_verdict *verdict) {
  es_real odds = agreement_odds(facts->agreement);
  es_real remembered = ES_MEMORY_ODDS * bounded(dot(decision->right, facts->lateral), -1, 1);
  es_combined combined;
  es_answer answer;
  int k, is_new = 1;
  verdict->label = -1;
  verdict->score = 0;
  verdict->retracted_count = 0;
  if (facts->decided == decision->settled) return; /* a part of an accepted join */
  es_combine(first, other, labels, odds + remembered, &combined);
  answer.label = 0;
  for (k = 1; k < labels->digits; k++) {
    if (combined.probabilities[k] > combined.probabilities[answer.label]) answer.label = k;
  }
  answer.score = combined.probabilities[answer.label];
  answer.start = facts->start;
  answer.end = answer.detected = facts->end;
  verdict->score = (float)answer.score;
  if (answer.score < (es_real)labels->thresholds[answer.label]) {
    if (facts->joined == 1) learn(decision, facts->lateral, odds + combined.evidence);
    return;
  }
  if (facts->joined > 1) {
    if (!is_one_stroke(decision, &answer)) return;
    decision->settled = facts->decided;
    is_new = replace_parts(decision, &answer, verdict);
  }
  learn(decision, facts->lateral, odds + combined.evidence);
  remember(decision, answer);
  if (is_new) verdict->label = answer.label;
}
