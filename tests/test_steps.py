"""Steps: what is typed by hand, and what is left of what was written, under docker, under Kubernetes and on a pet."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import Experiment, loads, metrics, simulate
from simulator.document import written
from simulator.problems import ScenarioError
from simulator.report import decided, render

PAGE = "/usr/share/nginx/html/index.html"
FILES = f"files: {{{PAGE}: Welcome}}"
DOCKER = f"kind: by_hand, images: {{nginx: {{{FILES}}}}}, volumes: {{site: /usr/share/nginx/html}}"
PODS = f"kind: by_hand, runtime: kubernetes, images: {{nginx: {{{FILES}}}}}, volumes: {{site: /usr/share/nginx/html}}"
BARE = PODS.split(", volumes")[0]
QUICK = "repair: {detect: {every: 0s, timeout: 0s}, respond: 0s}, boot: 10s, provision: 1m"
PETS = f"kind: pets, servers: 1, names: [web], {FILES}, {QUICK}"
START, WRITE, READ = "run: web, image: nginx", f"write: {PAGE}, on: web, text: Hello", f"read: {PAGE}, on: web"


def script(*steps, first=1):
    """Steps a minute apart."""
    return "\n".join(f"  - {{at: {minute}m, {step}}}" for minute, step in enumerate(steps, first))


def text(fleet, *steps, first=1, rest="", horizon="2h"):
    return f"horizon: {horizon}\n{rest}\nsteps:\n{script(*steps, first=first)}\npolicies: {{p: {{lab: {{{fleet}}}}}}}\n"


def play(fleet, *steps, **more):
    """The run of these steps, a minute apart, in a policy of one fleet."""
    return simulate(loads(text(fleet, *steps, **more)))


def told(run, *columns):
    """What was recorded of the steps, in their order."""
    rows = metrics.survived(run)
    return [row if len(columns) > 1 else row[0] for row in rows[list(columns)].itertuples(index=False, name=None)]


def refused(text):
    with pytest.raises(ScenarioError) as error:
        loads(text)
    (problem,) = error.value.problems
    return problem


# The classroom experiment


def test_a_container_that_is_removed_takes_what_was_written_along_and_the_next_has_the_page_of_the_image():
    run = play(DOCKER, START, WRITE, READ, "remove: web", START, READ)
    assert told(run, "before", "after") == [
        ("", "Welcome"),
        ("Welcome", "Hello"),
        ("Hello", "Hello"),
        ("Hello", ""),
        ("", "Welcome"),
        ("Welcome", "Welcome"),
    ]
    assert told(run, "lost") == [False, False, False, True, False, False]


def test_each_container_has_an_id_of_twelve_digits_of_its_own_and_keeps_it_through_a_restart():
    ids = told(play(DOCKER, START, "restart: web", "remove: web", START, "run: other, image: nginx"), "container")
    assert all(re.fullmatch("[0-9a-f]{12}", id) for id in ids)
    assert ids[0] == ids[1] == ids[2] and len({ids[0], ids[3], ids[4]}) == 3


def test_docker_restarts_the_container_that_it_has_with_its_layer():
    assert told(play(DOCKER, START, WRITE, "restart: web", READ), "after")[2:] == ["Hello", "Hello"]


def test_a_second_container_of_the_image_keeps_its_own_page():
    run = play(DOCKER, START, "run: other, image: nginx", WRITE, f"read: {PAGE}, on: other")
    assert told(run, "after")[-1] == "Welcome"


def test_a_volume_outlives_its_containers():
    """Docker copies into an empty volume what the image has at its place, and does not when there is something in it."""
    run = play(DOCKER, f"{START}, volume: site", WRITE, "remove: web", "run: other, image: nginx, volume: site", f"read: {PAGE}, on: other")
    assert told(run, "after") == ["Welcome", "Hello", "Hello", "Hello", "Hello"] and not any(told(run, "lost"))


@pytest.mark.parametrize("fleet", [DOCKER, PODS])
def test_steps_of_one_moment_are_done_in_their_order_on_whatever_servers(fleet):
    """The first is removed and another is run with its volume, both at 3 min."""
    steps = ["{at: 3m, remove: web}", "{at: 3m, run: other, image: nginx, volume: site}", f"{{at: 4m, read: {PAGE}, on: other}}"]
    run = simulate(loads(text(fleet, f"{START}, volume: site", WRITE).replace("policies", "\n".join([*(f"  - {step}" for step in steps), "policies"]))))
    assert told(run, "after")[-2:] == ["Hello", "Hello"] and told(run, "outcome") == ["done"] * 5


def test_kubernetes_starts_another_container_in_the_pod_and_the_layer_is_gone():
    run = play(PODS, START, WRITE, "restart: web", READ)
    assert told(run, "after") == ["Welcome", "Hello", "Welcome", "Welcome"]
    ids = told(run, "container")
    assert ids[0] == ids[1] != ids[2] == ids[3]


def test_an_empty_dir_outlives_the_container_and_ends_with_the_pod():
    """Kubernetes copies nothing into it: at first it hides the page of the image."""
    run = play(f"{BARE}, empty_dir: /usr/share/nginx/html", START, WRITE, "restart: web", READ, "remove: web", START, READ)
    assert told(run, "after") == ["", "Hello", "Hello", "Hello", "", "", ""]
    assert told(run, "outcome")[-1] == f"cat: {PAGE}: No such file or directory"


def test_a_volume_outlives_the_pod():
    """It hides the page of the image, too."""
    run = play(PODS, f"{START}, volume: site", WRITE, "restart: web", "remove: web", f"{START}, volume: site", READ)
    assert told(run, "after") == ["", *["Hello"] * 5]


def test_a_restarted_pet_keeps_its_files_and_takes_its_boot():
    run = play(PETS, START, WRITE, "restart: web", READ)
    assert told(run, "after", "outcome") == [("Welcome", "done: it runs already"), ("Hello", "done"), ("Hello", "done"), ("Hello", "done")]
    assert told(run, "time_s", "end_s")[2] == (180, 190)


def test_a_reboot_by_hand_is_not_a_failure():
    assert metrics.reliability(play(PETS, START, "restart: web")).loc["lab", "failures"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_a_lost_pet_comes_back_with_the_backup_of_the_last_night(seed):
    """Backups every 24 h at a phase of their own: what was written 24 h to 48 h before the loss is in the newest, what came a minute before it is not."""
    steps = [f"{{at: 24h, write: {PAGE}, on: web, text: Monday}}", f"{{at: 72h, write: {PAGE}, on: web, text: Thursday}}", "{at: 4321m, remove: web}"]
    steps += [f"{{at: 4322m, read: {PAGE}, on: web}}"]
    run = simulate(loads(f"seed: {seed}\nhorizon: 5d\nsteps: [{', '.join(steps)}]\npolicies: {{p: {{lab: {{{PETS}, backups: {{every: 24h}}}}}}}}"))
    assert told(run, "before", "after")[2:] == [("Thursday", ""), ("Monday", "Monday")]
    assert metrics.restores(run)["lost_s"].between(60, 26 * 3600).all()


def test_a_lost_pet_without_a_backup_is_rebuilt_with_what_was_there_at_first():
    """The machine is provisioned in a minute and rebuilt in an hour; who looks meanwhile waits, and is told at that time."""
    fleet = PETS.replace("respond: 0s", "respond: 0s, rebuild: {time: 1h}")
    run = play(fleet, WRITE, "remove: web", READ, horizon="3h")
    assert told(run, "time_s", "after") == [(60, "Hello"), (120, ""), (120 + 60 + 3600, "Welcome")]


def test_to_run_a_lost_pet_is_to_wait_for_it():
    fleet = PETS.replace("respond: 0s", "respond: 0s, rebuild: {time: 1h}")
    run = play(fleet, WRITE, "remove: web", START, horizon="3h")
    assert told(run, "time_s", "end_s", "before", "after", "outcome")[-1] == (180, 120 + 60 + 3600, "", "Welcome", "done: it runs again")


def test_what_cannot_be_done_before_the_end_is_told_as_that():
    fleet = PETS.replace("respond: 0s", "respond: 0s, rebuild: {time: 9h}")
    run = play(fleet, WRITE, "remove: web", READ)
    assert told(run, "time_s", "after", "outcome")[-1] == (7200, "", "not done: the run was over")


def test_a_pet_that_is_repaired_keeps_its_files():
    """Broken with its disk whole, and back after an hour of repair."""
    fleet = PETS.replace("respond: 0s", "respond: 0s, time: 1h")
    outage = "failures: [{kind: outage, servers: 1, at: 90s, lasts: 0s, leaves: broken}]"
    run = play(fleet, WRITE, READ, rest=outage)
    assert told(run, "time_s", "after")[-1] == (90 + 3600, "Hello")


# What is typed

COMMANDS = {
    DOCKER: [
        "docker run -d --name web nginx",
        f"docker exec web sh -c 'echo \"Hello\" > {PAGE}'",
        f"docker exec web cat {PAGE}",
        "docker restart web",
        "docker rm -f web",
    ],
    PODS: [
        "kubectl run web --image=nginx",
        f"kubectl exec web -- sh -c 'echo \"Hello\" > {PAGE}'",
        f"kubectl exec web -- cat {PAGE}",
        "kubectl exec web -- kill 1",
        "kubectl delete pod web",
    ],
    PETS: ["ssh web uptime", f"ssh web 'echo \"Hello\" > {PAGE}'", f"ssh web cat {PAGE}", "ssh web sudo reboot", "(machine lost)"],
}


@pytest.mark.parametrize("fleet", COMMANDS)
def test_the_commands_are_what_one_would_type(fleet):
    assert told(play(fleet, START, WRITE, READ, "restart: web", "remove: web"), "command") == COMMANDS[fleet]


def test_a_volume_is_asked_for_where_the_fleet_has_any():
    site = f"{START}, volume: site"
    assert told(play(DOCKER, site), "command") == ["docker run -d --name web -v site:/usr/share/nginx/html nginx"]
    assert told(play(PODS, site), "command") == ["kubectl apply -f web.yaml  # nginx with volume site at /usr/share/nginx/html"]
    assert told(simulate(loads(text(DOCKER, site).replace("}}\n", f"}}, q: {{lab: {{{BARE}}}}}}}\n")), "q"), "command") == ["kubectl run web --image=nginx"]


def test_a_text_that_means_more_to_a_shell_is_quoted():
    assert told(play(DOCKER, START, f"write: {PAGE}, on: web, text: '$HOME'"), "command")[1] == (f"""docker exec web sh -c 'echo '"'"'$HOME'"'"' > {PAGE}'""")


# What fails

OTHER = "run: other, image: nginx"


@pytest.mark.parametrize("step", [WRITE, READ, "restart: web", "remove: web"])
@pytest.mark.parametrize(("fleet", "answer"), [(DOCKER, "No such container: web"), (PODS, 'Error from server (NotFound): pods "web" not found')])
def test_nothing_is_done_to_a_container_that_is_not_there(fleet, answer, step):
    run = play(fleet, step, START)
    assert told(run, "outcome") == [answer, "done"] and told(run, "after")[0] == ""


def test_a_name_that_is_taken_is_refused_and_the_container_stays():
    run = play(DOCKER, START, WRITE, START, READ)
    first = told(run, "container")[0]
    assert told(run, "outcome")[2].startswith(f'Conflict. The container name "/web" is already in use by container "{first}".')
    assert told(run, "after")[3] == "Hello"
    assert told(play(PODS, START, START), "outcome")[1] == 'Error from server (AlreadyExists): pods "web" already exists'


def test_what_is_not_there_cannot_be_read():
    assert told(play(DOCKER, START, "read: /tmp/a, on: web"), "after", "outcome")[1] == ("", "cat: /tmp/a: No such file or directory")


def test_a_volume_takes_one_writer_at_a_time():
    """By the script the first is gone in time; it takes five minutes to start, and only then is it removed."""
    slow = f"{DOCKER}, start: 5m"
    run = play(slow, f"{START}, volume: site", "remove: web", f"{OTHER}, volume: site")
    assert {row[0]: row[1] for row in told(run, "step", "outcome")} == {0: "done", 1: "done", 2: "volume site is in use by web"}


def test_a_container_that_has_ended_is_there_until_it_is_told_to_start():
    """Its host is away from 90 s to 150 s. Docker does not start it again by itself; Kubernetes does, as another container."""
    weather = "sites: {zones: [a], hosts_per_zone: 1}\nfailures: [{kind: outage, zone: a, at: 90s, lasts: 60s}]"
    steps = (START, READ, WRITE, "restart: web", READ)
    docker, pods = (play(fleet, *steps, rest=weather) for fleet in (DOCKER, PODS))
    id = told(docker, "container")[0]
    assert told(docker, "outcome") == [
        "done",
        "Cannot connect to the Docker daemon. Is the docker daemon running?",
        f"container {id} is not running",
        "done",
        "done",
    ]
    assert told(pods, "outcome") == ["done", "Error from server: error dialing backend: i/o timeout", "done", "done", "done"]


def test_who_never_came_to_serve_has_no_downtime():
    """The host is lost while the container starts, and docker starts it no more."""
    outage = "failures: [{kind: outage, share: 100%, at: 60s, lasts: 10s}]"
    run = simulate(loads(f"{outage}\n{text(DOCKER, START)}"))
    assert metrics.downtimes(run).empty and metrics.measure(run)["summary"]["deaths_noticed"].isna().all()


def test_where_every_run_fails_there_is_a_fleet_without_servers_and_all_metrics():
    weather = "sites: {zones: [a], hosts_per_zone: 1}\nfailures: [{kind: outage, zone: a, at: 0s, lasts: 3h}]"
    scenario = loads(text(DOCKER, START, WRITE, READ, rest=f"{weather}\nreplications: 2"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = Experiment(scenario).run()
        page, drawings = render(results)
        assert decided(results).startswith("There is nothing to compare here.")
    assert "Cannot connect to the Docker daemon" in page and not drawings
    assert metrics.reliability(simulate(scenario)).loc["lab", "mean_down"] == 0


# Properties

NAMES = st.sampled_from(["a", "b"])
ACTS = st.one_of(
    st.builds("run: {}, image: nginx".format, NAMES),
    st.builds(f"write: {PAGE}, on: {{}}, text: t{{}}".format, NAMES, st.integers(0, 9)),
    st.builds("restart: {}".format, NAMES),
    st.builds("remove: {}".format, NAMES),
)


@settings(max_examples=40, deadline=None)
@given(acts=st.lists(ACTS, min_size=1, max_size=15), kept=st.booleans(), pods=st.booleans())
def test_what_is_there_is_what_was_last_written_by_a_model_of_two_lines(acts, kept, pods):
    """A layer lives from the run of its container to its removal, and in a pod to the restart; a volume, of each name its own, for ever."""
    steps = [f"{act}, volume: {act[5]}" if kept and act.startswith("run") else act for act in acts] + ["run: a, image: nginx", "run: b, image: nginx"]
    fleet = (PODS if pods else DOCKER).replace("site: /usr/share/nginx/html", "a: /usr/share/nginx/html, b: /usr/share/nginx/html")
    there, page, first = set(), {}, "" if pods and kept else "Welcome"
    for step, after in zip(steps, told(play(fleet, *steps), "after"), strict=True):
        verb, name = step.split(": ")[0], re.search(r"(?:run|on|restart|remove): (\w)", step)[1]
        if verb == "run" and name not in there:
            there.add(name)
            page[name] = page.get(name, first) if kept and "volume" in step else "Welcome"
        elif verb == "write" and name in there:
            page[name] = step.split("text: ")[1]
        elif verb == "restart" and name in there and pods and not kept:
            page[name] = "Welcome"
        elif verb == "remove" and name in there:
            there.discard(name)
            if not kept:
                page.pop(name)
        if any(part.startswith(f"write: {PAGE}, on: {name}") for part in steps):  # else nobody looks at the page
            assert after == (page.get(name, "") if name in there or kept else "")


def test_steps_change_nobody_elses_numbers():
    """A policy with another fleet of pets beside: with and without the steps its servers do the same at the same times."""
    weather = "failures: [{kind: crash, time_to_failure: 10m}]"
    both = f"policies: {{p: {{lab: {{{DOCKER}}}, web: {{kind: pets, servers: 3}}}}}}\n"
    alone = "policies: {p: {web: {kind: pets, servers: 3}}}\n"
    runs = [simulate(loads(f"horizon: 5h\n{weather}\n{rest}")) for rest in (alone, f"steps:\n{script('run: x, image: nginx', 'remove: x')}\n{both}")]
    first, second = (run.record.frame("transitions").query("fleet == 'web'").astype(str).reset_index(drop=True) for run in runs)
    assert len(first) > 20 and first.equals(second)


# The metric and the report


def test_found_is_the_share_of_looks_at_what_was_written_that_find_it():
    """A look before anything is written does not count; of the three after it two find it, and the one at a container that is gone does not."""
    run = play(DOCKER, START, READ, WRITE, READ, READ, "remove: web", READ)
    assert metrics.found(run)["lab"] == 2 / 3
    assert metrics.found(play(DOCKER, START, READ)).isna().all()


def test_servers_that_are_not_there_are_all_alike():
    """Nothing runs in the first minute of two hours, nor after the last."""
    assert metrics.measure(play(DOCKER, START, "remove: web"))["summary"]["all_alike"].tolist() == [1]


def test_what_one_wrote_is_looked_for_under_its_own_name_and_path():
    run = play(DOCKER, START, "run: other, image: nginx", WRITE, f"read: {PAGE}, on: other", "read: /tmp/x, on: web")
    assert metrics.found(run).isna().all()


def test_the_page_shows_each_policy_step_by_step_and_marks_what_was_lost():
    two = text(DOCKER, START, WRITE, "remove: web", START, READ, rest="replications: 2").replace("}}\n", f"}}, pet: {{lab: {{{PETS}}}}}}}\n")
    results = Experiment(loads(two)).run()
    page, drawings = render(results)
    section = page.split("<h2>What survived</h2>")[1].split("<h2>")[0]
    assert section.count("<h3>") == 2 and "docker rm -f web" in section and "(machine lost)" in section
    assert section.count('<del title="lost">Hello</del>') == 2 and not drawings
    assert "found 0 % of what was written again" in decided(results)


def test_a_scenario_with_steps_reads_back_as_it_was_written():
    scenario = loads(text(DOCKER, f"{START}, volume: site", WRITE, READ, "restart: web", "remove: web"))
    assert loads(written(scenario.dump())) == scenario


# Bad input


@pytest.mark.parametrize(
    ("step", "kind", "path", "message"),
    [
        ("run: web, restart: web, image: nginx", "ConfigConflict", (), "a step takes one of `run`, `write`, `read`, `restart`, `remove`, not run and restart"),
        ("on: web", "ConfigConflict", (), "a step takes one of `run`, `write`, `read`, `restart`, `remove`"),
        ("run: web", "ConfigMissing", (), "`run` needs `image`, what it is made from"),
        (f"write: {PAGE}, on: web", "ConfigMissing", (), "`write` needs `text`, what is written"),
        (f"read: {PAGE}", "ConfigMissing", (), "`read` needs `on`, the server it is done to"),
        ("restart: web, image: nginx", "ConfigConflict", (), "`image` goes with `run`, not with `restart`"),
        ("read: index.html, on: web", "ConfigName", ("read",), "'index.html' is no path of a file: write it from the root on"),
        ("read: /a/../b, on: web", "ConfigName", ("read",), "'/a/../b' is no path of a file"),
        ("run: web, image: 'nginx:'", "ConfigName", ("image",), "'nginx:' is no name of an image: write it like nginx or nginx:1.27"),
        ("run: web, image: nginx:1.99", "ConfigChoice", ("image",), "no image 'nginx:1.99' in policies.p.lab; built: nginx"),
        ("run: web, image: nginx, volume: sight", "ConfigChoice", ("volume",), "no volume 'sight'; did you mean 'site'?"),
        ("restart: wbe", "ConfigChoice", ("restart",), "nothing is ever run under the name 'wbe'; did you mean 'web'?"),
        (f"read: {PAGE}, on: other", "ConfigChoice", ("on",), "nothing is ever run under the name 'other', which policy p needs"),
        ("reed: web", "ConfigUnknownKey", ("reed",), "did you mean 'read'?"),
    ],
)
def test_a_step_that_cannot_be_meant_is_refused_with_the_remedy(step, kind, path, message):
    problem = refused(text(DOCKER, START, step))
    assert (problem.kind, problem.path) == (kind, ("steps", 1, *path)) and message in problem.message


def test_the_tag_of_an_image_without_one_is_latest():
    assert told(play(DOCKER, "run: web, image: nginx:latest"), "outcome") == ["done"]


def test_a_step_after_the_horizon_is_refused():
    problem = refused(text(DOCKER, START, READ, first=120))
    assert (problem.kind, problem.path, problem.message) == ("ConfigRange", ("steps", 1, "at"), "lies beyond the horizon, 2h")


def test_two_writers_of_a_volume_are_refused_beforehand():
    problem = refused(text(DOCKER, f"{START}, volume: site", f"{OTHER}, volume: site"))
    assert (problem.kind, problem.path) == ("ConfigConflict", ("steps", 1, "volume"))
    assert problem.message == "two writers: web has volume 'site'; remove that first, or take another volume"


@pytest.mark.parametrize(
    ("fleet", "step", "kind", "message"),
    [
        (PETS, "restart: wbe", "ConfigChoice", "policy p has no pet 'wbe'; did you mean 'web'?"),
        ("kind: cattle, replicas: 2", START, "ConfigChoice", "policy p has no pet 'web', and no fleet of kind `by_hand` in which to run it"),
        (f"{DOCKER}, empty_dir: /a", START, "ConfigConflict", "`empty_dir` belongs to pods; give `runtime: kubernetes`, or a volume"),
        (f"{PODS}, empty_dir: /usr/share/nginx/html", START, "ConfigConflict", "a volume and `empty_dir` are both mounted at /usr/share/nginx/html"),
        ("kind: by_hand, images: {nginx: {}, nginx:latest: {}}", START, "ConfigConflict", "two images are one: a name without a tag has the tag `latest`"),
        ("kind: by_hand, images: {nginx: {}}, state: {kept: disk}", START, "ConfigConflict", "what is written to containers run by hand is said by `steps`"),
        ("kind: by_hand, images: {}", START, "ConfigRange", "needs at least 1"),
    ],
)
def test_a_fleet_that_steps_cannot_meet_is_refused(fleet, step, kind, message):
    problem = refused(text(fleet, step))
    assert problem.kind == kind and message in problem.message


def test_a_fleet_by_hand_needs_steps_and_gets_no_traffic():
    problem = refused(f"horizon: 1h\npolicies: {{p: {{lab: {{{DOCKER}}}}}}}\n")
    assert (problem.kind, problem.path) == ("ConfigMissing", ("policies", "p", "lab")) and "nobody runs anything here" in problem.message
    problem = refused(text(DOCKER, START, rest="traffic: {kind: steady, rate: 1/s}"))
    assert (problem.kind, problem.path) == ("ConfigConflict", ("traffic", 0)) and "by hand" in problem.message


def test_no_fleet_needs_one_that_is_run_by_hand():
    problem = refused(text(DOCKER, START).replace("}}\n", ", web: {kind: pets, servers: 1, needs: {lab: {}}}}}\n"))
    assert (problem.kind, problem.path) == ("ConfigConflict", ("policies", "p", "web", "needs", "lab")) and "by hand" in problem.message


@pytest.mark.parametrize(
    ("uses", "path"),
    [("state: {kept: store, store: lab}", ("state", "store")), ("sessions: {starts: 1/s, held: cache, cache: lab}", ("sessions", "cache"))],
)
def test_containers_run_by_hand_keep_nothing_for_others(uses, path):
    problem = refused(text(DOCKER, START).replace("}}\n", f", web: {{kind: pets, servers: 1, {uses}}}}}}}\n"))
    assert (problem.kind, problem.path) == ("ConfigConflict", ("policies", "p", "web", *path))


def test_steps_go_to_one_fleet_of_a_policy():
    problem = refused(text(DOCKER, START).replace("}}\n", f", more: {{{DOCKER}}}}}}}\n"))
    assert (problem.kind, problem.path) == ("ConfigConflict", ("policies", "p")) and "lab or more" in problem.message


def test_a_check_of_what_is_found_needs_steps_that_read():
    problem = refused(text(DOCKER, START, rest="checks: {metric: found, policy: p, above: 50%}"))
    assert (problem.kind, problem.path) == ("ConfigConflict", ("checks", 0, "metric")) and "`steps`" in problem.message
