"""Names: what Kubernetes calls replica sets and pods."""

from __future__ import annotations

from functools import lru_cache

LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # apimachinery/pkg/util/rand: no vowels, and none of 0, 1 and 3
DIGITS = "456789bcdf"  # SafeEncodeString of the ten digits
LONGEST_BASE = 58  # apiserver/pkg/storage/names/generate.go
FNV_OFFSET, FNV_PRIME = 0x811C9DC5, 0x01000193


@lru_cache(4096)
def template_hash(template: str) -> str:
    """The hash of what a pod is made from: FNV-1a of 32 bits, written as a decimal number in ten letters and digits that spell nothing."""
    value = FNV_OFFSET
    for byte in template.encode():
        value = (value ^ byte) * FNV_PRIME & 0xFFFFFFFF
    return "".join(DIGITS[int(digit)] for digit in str(value))


def replica_set(deployment: str, template: str) -> str:
    """`web-7c5ddbdf54`: one template gives one name, so that who goes back to it finds the old set."""
    return f"{deployment}-{template_hash(template)}"


def pod(replica_set: str, u: float) -> str:
    """`web-7c5ddbdf54-x2kqz`: five characters, each as likely, from a number between 0 and 1."""
    suffix = ""
    for _ in range(5):
        u *= len(LETTERS)
        suffix += LETTERS[int(u)]
        u -= int(u)
    return f"{replica_set}-"[:LONGEST_BASE] + suffix
