/* A heap: what is due, soonest first. */

#pragma once
#include "scenario.h"

struct due {
    double time;
    int what;
};

struct heap {
    struct due *entries;
    int size, room;
};

static void sink(struct heap *heap, struct due entry) { /* in place of the first */
    struct due *entries = heap->entries;
    int place = 0, child;
    while ((child = 2 * place + 1) < heap->size) {
        if (child + 1 < heap->size && entries[child + 1].time < entries[child].time) child++;
        if (entries[child].time >= entry.time) break;
        entries[place] = entries[child];
        place = child;
    }
    entries[place] = entry;
}

static void drop(struct heap *heap) {
    struct due last = heap->entries[--heap->size];
    if (heap->size) sink(heap, last);
}

static void push(struct heap *heap, struct due entry) {
    if (heap->size == heap->room) {
        heap->room = heap->room ? 2 * heap->room : 1024;
        heap->entries = realloc(heap->entries, heap->room * sizeof(struct due));
        if (!heap->entries) exit(1);
    }
    int place = heap->size++;
    while (place > 0 && heap->entries[(place - 1) / 2].time > entry.time) {
        heap->entries[place] = heap->entries[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    heap->entries[place] = entry;
}
