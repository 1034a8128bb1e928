"""Attempts on a Ray cluster, for `--ray`. Nothing else in the program imports ray.

    driver (`cluster`)   the run itself: order of work, journal; a `Cluster` is its workplace
    LeanHost (`hosts`)   an actor with a pool of Lean workers on a CPU node: whole attempts are made in it
    ModelServer (`models`)  an actor with a model on a GPU node; hosts send it prompts, or states, in batches

A call to an actor costs about a millisecond and a tactic takes less, so nothing smaller than an attempt or a batch for
a model crosses from one process to another. Where an actor runs, and when and where a lost one is started again, is
Ray's decision, by the CPUs, memory and GPUs that it asks for; lost calls are repeated by Ray too. What is ours: a call
goes to the host with the most room, so many at once as there are slots; there are a few more hosts than have found a
place as long as there is work for them, so that nodes that come are used, and an autoscaler sees that more are wanted;
and what a host that does not answer has under way, or a slow one at the end of a run, is made again elsewhere."""

from prover.distributed.cluster import Cluster

__all__ = ["Cluster"]
