/* The yardstick in C: requests and their servers as one writes them by hand, without failures, changes of speed, or calls to others.

   It has the engine's draws, and leaves what the engine leaves: counts, waits and latencies by window. */

#include <stdio.h>
#include <time.h>

#include "choices.h"
#include "least_connections.h"
#include "queues.h"

int main(int count, char **given) {
    if (count != 14) return 2;
    const char *subject = given[1];
    servers = atoi(given[2]), rate = atof(given[3]), mean = atof(given[4]), horizon = atof(given[5]), width = atof(given[6]);
    timeout = atof(given[7]), attempts = atoi(given[8]), base = atof(given[9]);
    uint64_t *keys[] = {&arrivals_key, &service_key, &balancer_key, &backoff_key};
    for (int i = 0; i < 4; i++) *keys[i] = strtoull(given[10 + i], NULL, 10);

    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    last_window = (int)ceil(horizon / width) - 1;
    windows = zeros(last_window + 1, sizeof(struct window));
    if (!strcmp(subject, "central")) central();
    else if (!strcmp(subject, "round_robin")) any(1);
    else if (!strcmp(subject, "random")) any(0);
    else if (!strcmp(subject, "least_connections")) least_connections();
    else choices();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    struct window sum = {0};
    for (int w = 0; w <= last_window; w++) {
        sum.offered += windows[w].offered, sum.served += windows[w].served, sum.attempts += windows[w].attempts;
    }
    double seconds = (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
    printf("%.9f %lld %lld %lld %.17g\n", seconds, (long long)sum.offered, (long long)sum.attempts, (long long)sum.served, latency_sum / (double)sum.served);
}
