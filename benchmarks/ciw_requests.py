"""Another yardstick: the same in Ciw, a node a queue, for the balancers that it has itself."""

from __future__ import annotations

import ciw

from benchmarks.subject import MEAN, Outcome, Subject

MOST_SERVERS = {"central": 100, "random": 10, "round_robin": 10, "least_connections": 10}  # beyond, it takes its time to look at all nodes at every event


def requests(subject: Subject, servers: int, number: int) -> Outcome:
    """About so many requests, until so many are over."""
    ciw.seed(7)
    simulation = ciw.Simulation(network(subject.balancer, servers, subject.rate(servers)))
    simulation.simulate_until_max_customers(number)
    services = [record for record in simulation.get_all_records() if record.service_time]
    return Outcome(number, number, sum(record.exit_date - record.arrival_date for record in services) / len(services))


def network(balancer: str, servers: int, rate: float) -> ciw.network.Network:
    """One node of all servers; a node each with its own share of the traffic; or a node each behind one where requests find their way."""
    service = ciw.dists.Exponential(1 / MEAN)
    if balancer == "central":
        return ciw.create_network(arrival_distributions=[ciw.dists.Exponential(rate)], service_distributions=[service], number_of_servers=[servers])
    if balancer == "random":
        return ciw.create_network(
            arrival_distributions=[ciw.dists.Exponential(rate / servers)] * servers,
            service_distributions=[service] * servers,
            number_of_servers=[1] * servers,
            routing=ciw.routing.NetworkRouting([ciw.routing.Leave() for _ in range(servers)]),
        )
    nodes = list(range(2, servers + 2))
    way = ciw.routing.Cycle(nodes) if balancer == "round_robin" else ciw.routing.LoadBalancing(nodes)
    return ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate), *[None] * servers],
        service_distributions=[ciw.dists.Deterministic(0.0), *[service] * servers],
        number_of_servers=[float("inf"), *[1] * servers],
        routing=ciw.routing.NetworkRouting([way, *[ciw.routing.Leave() for _ in range(servers)]]),
    )
