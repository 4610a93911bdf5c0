#include "es_pieces.h"

static void drop_oldest(es_pieces *pieces, int number) {
  int k;
  pieces->count -= number;
  for (k = 0; k < pieces->count; k++) {
    pieces->start[k] = pieces->start[k + number];
    pieces->end[k] = pieces->end[k + number];
  }
}

void es_pieces_pass_time(es_pieces *pieces, es_time t, int resting) {
  int old = 0;
  while (old < pieces->count && t - pieces->start[old] > ES_MEMORY) old++;
  if (resting && pieces->count && t - pieces->end[pieces->count - 1] > ES_REJOIN) {
    old = pieces->count;
  }
  drop_oldest(pieces, old);
}

int es_pieces_joins(es_pieces *pieces, es_time start, es_time end, es_time starts[ES_PIECES]) {
  int k, found = 0;
  if (pieces->count == ES_PIECES) drop_oldest(pieces, 1);
  pieces->start[pieces->count] = start;
  pieces->end[pieces->count++] = end;
  for (k = pieces->count - 1; k >= 0; k--) {
    if (k < pieces->count - 1 && pieces->start[k + 1] - pieces->end[k] > ES_REJOIN) {
      drop_oldest(pieces, k + 1);
      break;
    }
    if (end - pieces->start[k] > ES_LONGEST) break;
    starts[found++] = pieces->start[k];
  }
  return found;
}
