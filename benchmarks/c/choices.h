/* Choices: the better of two servers, for clients who may leave and try again. */

#pragma once
#include "heap.h"
#include "servers.h"

static inline struct server *better_of_two(struct server *fleet, double now, uint64_t k) {
    uint64_t bits = raw(balancer_key, k);
    int one = one_of(bits, servers), other;
    do other = one_of(bits = mixed(bits + GOLDEN), servers);
    while (other == one);
    int of_one = held(&fleet[one], now), of_other = held(&fleet[other], now);
    return &fleet[of_other < of_one ? other : one];
}

struct retry {
    uint64_t id;
    double born;
    int attempt, next; /* next: of the unused */
};

static void choices(void) {
    struct server *fleet = zeros(servers, sizeof *fleet);
    struct heap due = {0};
    struct retry *retries = NULL;
    int room = 0, unused = -1;
    double arrival = exponential(arrivals_key, 0) / rate;
    uint64_t number = 0;
    for (;;) {
        struct retry request;
        double now;
        if (due.size && (due.entries[0].time <= arrival || arrival > horizon)) {
            now = due.entries[0].time;
            int slot = due.entries[0].what;
            request = retries[slot];
            retries[slot].next = unused, unused = slot;
            drop(&due);
        } else if (arrival <= horizon) {
            now = arrival;
            request = (struct retry){number, now, 0, 0};
            arrival += exponential(arrivals_key, ++number) / rate;
            window_of(now)->offered++;
        } else {
            return;
        }
        uint64_t k = request.id * 16 + request.attempt;
        struct server *server = better_of_two(fleet, now, k);
        double finish = attempt(server, now, k);
        hold(server, finish);
        if (finish <= now + timeout) {
            serve(request.born, finish);
            continue;
        }
        window_of(now + timeout)->timed_out++;
        if (++request.attempt == attempts) {
            window_of(request.born)->failed++;
            continue;
        }
        if (unused < 0) {
            int more = room ? 2 * room : 1024;
            retries = realloc(retries, more * sizeof *retries);
            if (!retries) exit(1);
            for (; room < more; room++) retries[room].next = unused, unused = room;
        }
        int slot = unused;
        unused = retries[slot].next;
        retries[slot] = request;
        double most = base * (1 << (request.attempt - 1));
        push(&due, (struct due){now + timeout + most * (1 - unit(backoff_key, k + 1)), slot});
    }
}
