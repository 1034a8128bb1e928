"""Models that run on other nodes: the actor that has one, and what stands for it where the attempts are made."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayActorError, RayTaskError

from lean_env.errors import PolicyError
from prover.batching import Batcher
from prover.config import RunConfig
from prover.interfaces import Critic, Reached
from prover.parts import Parts, make_policy
from prover.policy import open_generator
from prover.policy.generation import Completion, Prompt, Sampling
from prover.policy.spec import PolicySpec, parse_spec, parse_specs

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Handle = Any
"""Of an actor, whose methods Ray makes as they are asked for."""

PATIENCE_S = 900.0
"""Seconds for which a model may be gone before the run gives up: a node is replaced, and weights are read, in less."""
_PAUSE_S = 2.0
_MOST = 256
"""Requests in one call at most; the model makes its own batches of them."""
_CONCURRENT = 1000
"""Calls that a server holds at once; they wait in its own batcher."""


@dataclass(frozen=True, slots=True)
class Server:
    """An actor that has a model. It travels by its name: what an actor was given by handle, Ray does not promise to
    give it again when it is restarted."""

    name: str
    handle: Handle

    def __reduce__(self) -> tuple[Callable[[str], Server], tuple[str]]:
        return _find, (self.name,)


def _find(name: str) -> Server:
    return Server(name, ray.get_actor(name))


@dataclass(frozen=True, slots=True)
class Servers:
    """The actors that have the run's models, by the policy's or the critic's spec."""

    policies: Mapping[str, tuple[Server, ...]] = field(default_factory=dict)
    critic: tuple[Server, ...] = ()

    @property
    def all(self) -> list[Server]:
        return [*itertools.chain(*self.policies.values()), *self.critic]

    @property
    def one_of_each(self) -> list[Server]:
        """A server of each model."""
        return [servers[0] for servers in (*self.policies.values(), self.critic) if servers]


class ModelServer:
    """Has one model. After a restart it loads it again when it is first asked.

    Args:
        make: makes it: a `Generator`, or a critic.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._loading = asyncio.Lock()
        self._model: Any = None

    async def load(self) -> None:
        """Load the model.

        Raises:
            PolicyError: it cannot be loaded.
        """
        await self._loaded()

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        """See `prover.policy.generation.Generator`."""
        found: list[list[Completion]] = await (await self._loaded()).generate(prompts, sampling, seeds)
        return found

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """See `prover.interfaces.Critic`."""
        values: list[float] = await (await self._loaded()).score(reached)
        return values

    async def _loaded(self) -> Any:
        async with self._loading:
            if self._model is None:
                model = await asyncio.to_thread(self._make)
                if load := getattr(model, "load", None):
                    await load()
                self._model = model
            return self._model


def serve(config: RunConfig) -> Servers:
    """Start the actors for a run's models: as many as the cluster's GPUs are for, at least one of each.

    A server asks for the GPUs that its model is spread over (`tensor_parallel_size`, by default 1), or for a CPU where
    the cluster has no GPU. Ray starts one that is lost again, on any node with room.
    """
    gpus = int(ray.cluster_resources().get("GPU", 0))
    specs = [spec for spec in parse_specs(config.policies) if _is_ours(spec)]
    kinds = len(specs) + _has_model(config.critic)
    policies = {spec.identity(): start(partial(open_generator, spec), gpus, _spread(spec), kinds) for spec in specs}
    critic: tuple[Server, ...] = ()
    if _has_model(config.critic):
        from prover.critic import make

        spec = parse_spec(f"hf:{config.critic.partition(':')[2]}")
        critic = start(partial(make, config.critic), gpus, _spread(spec), kinds)
    return Servers(policies, critic)


def with_servers(parts: Parts, servers: Servers) -> Parts:
    """The parts of a run whose models are elsewhere."""
    if servers.policies:

        def generator(spec: PolicySpec) -> Any:
            if spec.identity() in servers.policies:
                return RemoteGenerator(spec.identity(), servers.policies[spec.identity()])
            return open_generator(spec)

        parts = replace(parts, policy=partial(make_policy, generator=generator))
    if servers.critic:

        def critic(spec: str) -> Critic:
            return RemoteCritic(spec, servers.critic)

        parts = replace(parts, critic=critic)
    return parts


class RemoteGenerator:
    """A language model on a server (`prover.policy.generation.Generator`)."""

    def __init__(self, name: str, servers: Sequence[Server]) -> None:
        self.name = name
        self._calls: _Calls[tuple[Prompt, Sampling, int], list[Completion]] = _Calls(name, servers, self._ask)

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]
    ) -> list[list[Completion]]:
        """The completions of each prompt."""
        return await self._calls.ask([(prompt, sampling, seed) for prompt, seed in zip(prompts, seeds, strict=True)])

    async def close(self) -> None:
        """The server belongs to the run, which ends it."""

    async def _ask(self, handle: Handle, asked: Sequence[tuple[Prompt, Sampling, int]]) -> list[list[Completion]]:
        # One call for each sampling, which as a rule is the same for all
        groups: dict[Sampling, list[int]] = defaultdict(list)
        for place, (_, sampling, _) in enumerate(asked):
            groups[sampling].append(place)
        refs = [
            handle.generate.remote([asked[i][0] for i in places], sampling, [asked[i][2] for i in places])
            for sampling, places in groups.items()
        ]
        found: dict[int, list[Completion]] = {}
        for places, answers in zip(groups.values(), await asyncio.gather(*refs), strict=True):
            found.update(zip(places, answers, strict=True))
        return [found[place] for place in range(len(asked))]


class RemoteCritic:
    """A critic's model on a server (`prover.interfaces.Critic`)."""

    def __init__(self, name: str, servers: Sequence[Server]) -> None:
        self.name = name
        self._calls: _Calls[Reached, float] = _Calls(name, servers, self._ask)

    async def score(self, reached: Sequence[Reached]) -> list[float]:
        """A value for each state."""
        return await self._calls.ask(reached)

    async def _ask(self, handle: Handle, reached: Sequence[Reached]) -> list[float]:
        values: list[float] = await handle.score.remote(list(reached))
        return values


class _Calls(Generic[Request, Answer]):
    """Requests to servers that have the same model. Those that come within milliseconds of one another share a call,
    which goes to the server with the fewest of ours; a server that is gone is passed over until it is back."""

    def __init__(
        self,
        name: str,
        servers: Sequence[Server],
        ask: Callable[[Handle, Sequence[Request]], Any],
    ) -> None:
        self._name, self._handles, self._ask = name, [server.handle for server in servers], ask
        self._calls = [0] * len(servers)
        self._gone_until = [0.0] * len(servers)
        self._gathering: Batcher[Request, tuple[asyncio.Task[list[Answer]], int]] = Batcher(
            self._send, most=_MOST, latency_s=0.003
        )

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        sent = await self._gathering.ask(requests)
        return [(await asyncio.shield(call))[place] for call, place in sent]

    async def _send(self, requests: Sequence[Request]) -> list[tuple[asyncio.Task[list[Answer]], int]]:
        call = asyncio.create_task(self._call(requests))
        return [(call, place) for place in range(len(requests))]

    async def _call(self, requests: Sequence[Request]) -> list[Answer]:
        until = time.monotonic() + PATIENCE_S
        while True:
            now = time.monotonic()
            place = min(range(len(self._handles)), key=lambda i: (self._gone_until[i] > now, self._calls[i]))
            self._calls[place] += 1
            try:
                found: list[Answer] = await self._ask(self._handles[place], requests)
                return found
            except RayTaskError as error:
                raise error.cause from None
            except RayActorError as error:
                self._gone_until[place] = time.monotonic() + 10 * _PAUSE_S
                if time.monotonic() > until:
                    raise PolicyError(
                        f"No server of the model {self._name} has answered for {PATIENCE_S / 60:.0f} minutes.",
                        "See `ray status`; the same command goes on.",
                    ) from error
                await asyncio.sleep(_PAUSE_S)
            finally:
                self._calls[place] -= 1


def start(make: Callable[[], Any], gpus: int, spread: int, kinds: int) -> tuple[Server, ...]:
    """Start the servers of one model.

    Args:
        gpus: those of the whole cluster.
        spread: the GPUs that one copy of the model takes.
        kinds: models that share the cluster's GPUs.
    """
    asked: dict[str, Any] = {"num_gpus": spread, "num_cpus": 0} if gpus else {"num_cpus": 1}
    count = max(1, gpus // (spread * kinds)) if gpus else 1
    asked |= {"max_restarts": -1, "max_task_retries": 0, "max_concurrency": _CONCURRENT, "enable_task_events": False}
    actor = ray.remote(ModelServer)
    names = [f"model-{uuid.uuid4().hex}" for _ in range(count)]
    return tuple(Server(name, actor.options(name=name, **asked).remote(make)) for name in names)


def _is_ours(spec: PolicySpec) -> bool:
    """Is it a model that runs in a process of ours? Servers with an address are asked from every node."""
    return spec.kind in ("hf", "vllm")


def _has_model(critic: str) -> bool:
    return critic.startswith(("hf:", "distance:"))


def _spread(spec: PolicySpec) -> int:
    """The GPUs that one copy of a model is spread over."""
    product = 1
    for key in ("tensor_parallel_size", "pipeline_parallel_size"):
        product *= int(spec.options.get(key, 1))
    return product
