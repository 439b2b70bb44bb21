"""Cost: what the servers, the people and the storage of each fleet come to, at the scenario's prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from simulator.metrics.capacity import live

if TYPE_CHECKING:
    from simulator.run import Run

MONTH = 730.0  # hours, as price lists of clouds have it
GB = 1e9
ITEMS = {"servers": "server_hour", "people": "person_hour", "storage": "gb_month", "platform": "platform_month", "migration": "migration"}


def cost(run: Run) -> pd.DataFrame:
    """Each fleet over (warmup, horizon], by `fleet`, in the currency of the prices: `servers` (there, whether they serve or not), `people` (at the modelled
    tasks only), `storage` (disks, and the backups that are kept), `platform` and `migration` (both with the first fleet that clients talk to), and their
    sum, `cost`. What has no price is NaN and not in the sum; with no prices there are no columns.
    """
    scenario = run.scenario
    prices, policy, hours = scenario.prices, scenario.policies[run.policy], (scenario.horizon - scenario.warmup) / 3600
    if prices is None:
        return pd.DataFrame(index=pd.Index(list(policy.fleets), name="fleet"))
    moves, work = run.record.frame("transitions"), run.record.frame("work")
    spent = (work["end_s"].clip(upper=scenario.horizon) - work["time_s"].clip(lower=scenario.warmup)).clip(lower=0) / 3600
    rows = []
    for fleet, part in policy.fleets.items():
        mine = live(moves[moves["fleet"] == fleet]).integral(scenario.warmup, scenario.horizon) / 3600
        first = fleet == scenario.entry(run.policy)
        amounts = {
            "servers": mine,
            "people": float(spent[work["fleet"] == fleet].sum()),
            "storage": part.stored / GB * hours / MONTH,
            "platform": hours / MONTH if first else 0.0,
            "migration": 1.0 if first else 0.0,
        }
        rows.append({"fleet": fleet, **{item: amount * prices.of(ITEMS[item], run.policy) for item, amount in amounts.items()}})
    made = pd.DataFrame(rows).set_index("fleet")
    made["cost"] = made.sum(axis="columns")
    return made
