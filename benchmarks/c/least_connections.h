/* Least connections: any of the servers that hold least, which stand in the order of what they hold. */

#pragma once
#include "heap.h"
#include "servers.h"

enum { LEVELS = 4096 };

static void least_connections(void) {
    struct server *fleet = zeros(servers, sizeof *fleet);
    struct heap leaving = {0}; /* of each busy server the first that will be done */
    int *order = zeros(servers, sizeof(int)), *place = zeros(servers, sizeof(int)), *level = zeros(servers, sizeof(int));
    int *end = zeros(LEVELS, sizeof(int)); /* servers in order of what they hold; those that hold at most so many end here */
    for (int s = 0; s < servers; s++) order[s] = place[s] = s;
    for (int l = 0; l < LEVELS; l++) end[l] = servers;
#define SWAP(s, at) (order[place[s]] = order[at], place[order[at]] = place[s], order[at] = s, place[s] = at)
    double now = exponential(arrivals_key, 0) / rate;
    for (uint64_t id = 0; now <= horizon; now += exponential(arrivals_key, ++id) / rate) {
        while (leaving.size && leaving.entries[0].time <= now) {
            int s = leaving.entries[0].what;
            struct server *server = &fleet[s];
            if (++server->head != server->tail)
                sink(&leaving, (struct due){server->done[server->head & (server->room - 1)], s});
            else
                drop(&leaving);
            int first = end[--level[s]]++;
            SWAP(s, first);
        }
        int s = order[one_of(raw(balancer_key, id * 16), end[level[order[0]]])];
        int last = --end[level[s]++];
        if (level[s] == LEVELS) exit(1);
        SWAP(s, last);
        double finish = attempt(&fleet[s], now, id * 16);
        if (fleet[s].head == fleet[s].tail) push(&leaving, (struct due){finish, s});
        hold(&fleet[s], finish);
        window_of(now)->offered++;
        serve(now, finish);
    }
}
