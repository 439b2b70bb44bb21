/* Queues that nobody has to look at: one for all servers, or one each, taken in turn or at random. */

#pragma once
#include "heap.h"
#include "servers.h"

static void central(void) {
    struct heap workers = {zeros(servers, sizeof(struct due)), servers, servers}; /* when each is free */
    double now = exponential(arrivals_key, 0) / rate;
    for (uint64_t id = 0; now <= horizon; now += exponential(arrivals_key, ++id) / rate) {
        double start = workers.entries[0].time > now ? workers.entries[0].time : now;
        double finish = start + mean * exponential(service_key, id * 16);
        sink(&workers, (struct due){finish, 0});
        window_of(now)->offered++;
        note(now, start, finish);
        serve(now, finish);
    }
}

static void any(int in_turn) {
    struct server *fleet = zeros(servers, sizeof *fleet);
    double now = exponential(arrivals_key, 0) / rate;
    int turn = 0;
    for (uint64_t id = 0; now <= horizon; now += exponential(arrivals_key, ++id) / rate) {
        int chosen = in_turn ? turn : one_of(raw(balancer_key, id * 16), servers);
        turn = turn + 1 < servers ? turn + 1 : 0;
        window_of(now)->offered++;
        serve(now, attempt(&fleet[chosen], now, id * 16));
    }
}
