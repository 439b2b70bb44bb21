/* The scenario: what is simulated, as the command line tells it. */

#pragma once
#include <stdint.h>
#include <stdlib.h>

static double rate, mean, horizon, width, timeout, base; /* requests a second; seconds: of service, of all, of a window, until clients leave, of backoff */
static int servers, attempts;
static uint64_t arrivals_key, service_key, balancer_key, backoff_key;

static void *zeros(size_t number, size_t size) {
    void *room = calloc(number, size);
    if (!room) exit(1);
    return room;
}
