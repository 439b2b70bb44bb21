"""Dialects: how the same is asked of docker, of kubectl and of a machine over ssh, and what they answer where it cannot be done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.steps import Step

DONE = "done"


@dataclass(frozen=True)
class Dialect:
    """Commands and answers, with places for the name, the image, the path, the script, the mounts and the id of a container."""

    run: str
    run_mounted: str
    write: str
    read: str
    restart: str
    remove: str
    taken: str = ""
    absent: str = ""
    stopped: str = ""
    away: str = ""
    digits: int = 12  # of an id, as it is shown

    def command(self, step: Step, mounts: str = "") -> str:
        """What one would type."""
        asked = self.run_mounted if step.run and mounts else str(getattr(self, step.verb))
        return asked.format(name=step.server, image=step.image, path=step.path, script=quote(f"echo {_quoted(step.text or '')} > {step.path}"), mounts=mounts)


DOCKER = Dialect(
    run="docker run -d --name {name} {image}",
    run_mounted="docker run -d --name {name} -v {mounts} {image}",
    write="docker exec {name} sh -c {script}",
    read="docker exec {name} cat {path}",
    restart="docker restart {name}",
    remove="docker rm -f {name}",
    taken='Conflict. The container name "/{name}" is already in use by container "{id}". '
    "You have to remove (or rename) that container to be able to reuse that name.",
    absent="No such container: {name}",
    stopped="container {id} is not running",
    away="Cannot connect to the Docker daemon. Is the docker daemon running?",
)
KUBECTL = Dialect(
    run="kubectl run {name} --image={image}",
    run_mounted="kubectl apply -f {name}.yaml  # {image} with {mounts}",
    write="kubectl exec {name} -- sh -c {script}",
    read="kubectl exec {name} -- cat {path}",
    restart="kubectl exec {name} -- kill 1",
    remove="kubectl delete pod {name}",
    taken='Error from server (AlreadyExists): pods "{name}" already exists',
    absent='Error from server (NotFound): pods "{name}" not found',
    stopped='error: unable to upgrade connection: container not found ("{name}")',
    away="Error from server: error dialing backend: i/o timeout",
    digits=13,  # as crictl shows it
)
SSH = Dialect(
    run="ssh {name} uptime",
    run_mounted="",
    write="ssh {name} {script}",
    read="ssh {name} cat {path}",
    restart="ssh {name} sudo reboot",
    remove="(machine lost)",
)


def missing(path: str) -> str:
    """What `cat` says of a file that is not there."""
    return f"cat: {path}: No such file or directory"


def _quoted(text: str) -> str:
    """A text in double quotes, as people write it, unless something in it means more to a shell."""
    return quote(text) if re.search(r'["$`\\]', text) else f'"{text}"'
