/* Servers of one worker each: when it is free, and when what the server holds is done, in order. */

#pragma once
#include "draws.h"
#include "windows.h"

struct server {
    double free;
    double *done;
    unsigned head, tail, room; /* room is a power of two */
};

static inline int held(struct server *server, double now) {
    while (server->head != server->tail && server->done[server->head & (server->room - 1)] <= now) server->head++;
    return (int)(server->tail - server->head);
}

static void grow(struct server *server) {
    unsigned room = server->room ? 2 * server->room : 16;
    double *done = zeros(room, sizeof(double));
    for (unsigned i = server->head; i != server->tail; i++) done[i & (room - 1)] = server->done[i & (server->room - 1)];
    free(server->done);
    server->done = done, server->room = room;
}

static inline void hold(struct server *server, double finish) {
    if (server->tail - server->head == server->room) grow(server);
    server->done[server->tail++ & (server->room - 1)] = finish;
}

static inline double attempt(struct server *server, double now, uint64_t k) { /* returns when it is done */
    double start = server->free > now ? server->free : now;
    server->free = start + mean * exponential(service_key, k);
    note(now, start, server->free);
    return server->free;
}
