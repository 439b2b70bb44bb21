/* Windows: what came of the requests of each. */

#pragma once
#include <string.h>

#include "scenario.h"

enum { BUCKETS = 1024, GRID = 60 };

struct window {
    int64_t offered, served, failed, attempts, timed_out, holding, waiting; /* the last two are changes at the window's end */
    double waited, longest;
    int32_t trail[GRID]; /* changes of how many wait, step by step */
    int32_t latencies[BUCKETS];
};

static struct window *windows;
static int last_window;
static double latency_sum;

static inline struct window *window_of(double time) {
    int w = (int)(time / width);
    return &windows[w < last_window ? w : last_window];
}

static inline void serve(double born, double time) {
    struct window *window = window_of(born);
    double latency = time - born;
    int64_t bits;
    memcpy(&bits, &latency, 8);
    bits = (bits >> 47) - ((1023 - 20) << 5);
    window->served++;
    window->latencies[bits < 0 ? 0 : bits < BUCKETS ? bits : BUCKETS - 1]++;
    latency_sum += latency;
}

/* An attempt that came, began to be served, and was done. */
static inline void note(double came, double start, double finish) {
    struct window *first = window_of(came), *last = window_of(finish);
    first->attempts++;
    if (first != last) first->holding++, last->holding--;
    if (start > came) {
        struct window *begun = window_of(start);
        first->waited += start - came;
        if (start - came > first->longest) first->longest = start - came;
        if (first != begun) first->waiting++, begun->waiting--;
        double step = width / GRID;
        int one = (int)(came / step), other = (int)(start / step), end = GRID * (last_window + 1) - 1;
        one = one < end ? one : end, other = other < end ? other : end;
        if (one != other) windows[one / GRID].trail[one % GRID]++, windows[other / GRID].trail[other % GRID]--;
    }
}
