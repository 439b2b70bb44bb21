/* Draws: hashes of a key and a number, as in the engine. */

#pragma once
#include <math.h>
#include <stdint.h>

static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u;

static inline uint64_t mixed(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline uint64_t raw(uint64_t key, uint64_t k) { return mixed(key + (k + 1) * GOLDEN); }

static inline double unit(uint64_t key, uint64_t k) { return ((double)(raw(key, k) >> 12) + 0.5) * 0x1p-52; }

static inline double exponential(uint64_t key, uint64_t k) { return -log(1 - unit(key, k)); }

static inline int one_of(uint64_t bits, int n) { return (int)(((bits >> 32) * (uint64_t)n) >> 32); }
