/* Joins movements across the pauses within a digit. The same algorithm as in
 * edge/features/motion/pieces.py, which gives the reasons. */
#ifndef ES_PIECES_H
#define ES_PIECES_H

#include "es_real.h"
#include "es_constants.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The last movements of a stream, the newest last. */
typedef struct {
  es_time start[ES_PIECES], end[ES_PIECES];
  int count;
} es_pieces;

/* Forgets the movements that no later one can be joined to. */
void es_pieces_pass_time(es_pieces *pieces, es_time t, int resting);

/* Adds a movement; writes where it begins alone, and joined to one or more movements before it.
 * Returns their number. */
int es_pieces_joins(es_pieces *pieces, es_time start, es_time end, es_time starts[ES_PIECES]);

#ifdef __cplusplus
}
#endif
#endif
