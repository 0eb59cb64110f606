/* Times in microseconds, kept to within two percent without keeping each. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <string.h>

#define STEPS 64  /* buckets for every doubling */
#define DOUBLINGS 30

typedef struct {
  uint64_t total;
  uint64_t buckets[STEPS * DOUBLINGS];
} Histogram;

static inline void histogram_clear(Histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

static inline void histogram_add(Histogram *histogram, uint64_t us) {
  unsigned bucket = (unsigned)us;
  if (us >= STEPS) {
    unsigned doubling = 63u - (unsigned)__builtin_clzll(us) - 5u;
    bucket = doubling * STEPS + (unsigned)(us >> doubling);
    if (bucket >= STEPS * DOUBLINGS) bucket = STEPS * DOUBLINGS - 1;
  }
  histogram->buckets[bucket]++;
  histogram->total++;
}

/* The time that `share` (0 to 1) of all do not exceed, in microseconds; -1 of none. */
static inline double histogram_at(const Histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total), seen = 0;
  if (wanted >= histogram->total) wanted = histogram->total ? histogram->total - 1 : 0;
  for (unsigned bucket = 0; bucket < STEPS * DOUBLINGS; bucket++) {
    seen += histogram->buckets[bucket];
    if (seen <= wanted) continue;
    if (bucket < STEPS) return bucket;
    unsigned doubling = bucket / STEPS;
    uint64_t low = (uint64_t)(bucket % STEPS);
    return (double)low * (double)(1ull << doubling) + (double)(1ull << doubling) / 2;
  }
  return -1;
}

#endif
