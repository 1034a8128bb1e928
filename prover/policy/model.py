"""Language models as policies: of tactics (`ModelPolicy`), and of whole proofs (`ModelProofs`)."""

from __future__ import annotations

import contextlib
import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lean_env.protocol import OutcomeKind
from prover.interfaces import Candidate, ProofQuery, Query
from prover.policy.generation import Completion, Generator, Prompt, Sampling
from prover.policy.prompts.adapter import Adapter, ProofAdapter, TacticAdapter
from prover.policy.prompts.reading import is_closed

# Proposals that are remembered, one for each prompt, sampling and seed.
_REMEMBERED = 10_000
# Stands for a log-probability that a backend does not know.
_UNLIKELY = -1e4

Key = tuple[Prompt, Sampling, int]


class Busy:
    """Adds up the seconds in which a model has something to do; calls beside each other count once."""

    def __init__(self) -> None:
        self._calls = 0
        self._since = 0.0
        self._past_s = 0.0

    @property
    def seconds(self) -> float:
        return self._past_s + (time.monotonic() - self._since if self._calls else 0.0)

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """For as long as a call takes."""
        if not self._calls:
            self._since = time.monotonic()
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self._past_s += max(0.0, time.monotonic() - self._since)


class ModelPolicy:
    """Proposes the tactics that a language model writes.

    The log-probability of a candidate is that of its text under the model. Texts that are the same tactic are merged:
    drawn at random, the likeliest of them counts, since how often a text was drawn is no part of its probability; found
    by beam search, they are different token sequences of one tactic, whose probabilities add up.

    Args:
        sampling: how completions are drawn. Their number comes with each request, their stop texts and their length
            from the adapter.
        uniform: gives all candidates the same probability, in the model's order. For the ablation.
    """

    def __init__(
        self, generator: Generator, adapter: TacticAdapter, sampling: Sampling, *, uniform: bool = False
    ) -> None:
        self.generator, self.adapter, self.uniform = generator, adapter, uniform
        self.name = generator.name
        self.sampling = _of(adapter, sampling)
        self._busy = Busy()
        self._remembered: OrderedDict[Key, list[Candidate]] = OrderedDict()

    @property
    def busy_s(self) -> float:
        """Seconds in which the model had something to do."""
        return self._busy.seconds

    async def propose(self, queries: Sequence[Query], samples: int) -> list[list[Candidate]]:
        """At most `samples` candidates for each query, fewer where the model repeats itself or writes what is none.

        Raises:
            PolicyError: the model cannot be asked.
        """
        sampling = replace(self.sampling, samples=1 if self.sampling.decoding == "greedy" else samples)
        drawn = sampling.decoding == "sample"
        keys = [(self.adapter.prompt(query), sampling, query.seed if drawn else 0) for query in queries]
        known = {key: self._remembered[key] for key in keys if key in self._remembered}
        new = [key for key in dict.fromkeys(keys) if key not in known]
        if new:
            with self._busy.call():
                answers = await self.generator.generate([key[0] for key in new], sampling, [key[2] for key in new])
            for key, completions in zip(new, answers, strict=True):
                known[key] = self._candidates(completions, add=sampling.decoding == "beam")[:samples]
        self._remember(known)
        return [list(known[key]) for key in keys]

    def learn(self, query: Query, tactic: str, kind: OutcomeKind, lean_ms: float) -> None:
        """A model does not learn within a run."""

    def succeeded(self, steps: Sequence[tuple[Query, str]]) -> None:
        """A model does not learn within a run."""

    async def load(self) -> None:
        """Load the model now, where it is one of this process, so that what is wrong with it shows at once."""
        if load := getattr(self.generator, "load", None):
            await load()

    async def close(self) -> None:
        """Let go of the model."""
        await self.generator.close()

    def _candidates(self, completions: Sequence[Completion], *, add: bool) -> list[Candidate]:
        """The tactics that completions hold, each once, the likeliest first."""
        logprobs: dict[str, float] = {}
        for completion in completions:
            tactic = self.adapter.parse(completion.text) if _counts(completion) else None
            if tactic is None:
                continue
            logprob, before = _logprob(completion), logprobs.get(tactic)
            if before is not None:
                logprob = logaddexp(logprob, before) if add else max(logprob, before)
            logprobs[tactic] = min(0.0, logprob)
        ranked = sorted(logprobs.items(), key=lambda each: -each[1])  # stable: equals stay as they were drawn
        if self.uniform:
            return [Candidate(tactic, -math.log(len(ranked))) for tactic, _ in ranked]
        return [Candidate(tactic, logprob) for tactic, logprob in ranked]

    def _remember(self, known: dict[Key, list[Candidate]]) -> None:
        for key, candidates in known.items():
            self._remembered[key] = candidates
            self._remembered.move_to_end(key)
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)


class ModelProofs:
    """Writes the whole proofs that a language model writes.

    In the first round it is asked for all of them at once. Then it is asked to repair each proof that failed, as many
    samples for each as there is room for; a model whose format has no turns for that is asked anew.
    """

    def __init__(self, generator: Generator, adapter: ProofAdapter, sampling: Sampling) -> None:
        self.generator, self.adapter = generator, adapter
        self.name = generator.name
        self.sampling = _of(adapter, sampling)
        self._busy = Busy()

    @property
    def busy_s(self) -> float:
        """Seconds in which the model had something to do."""
        return self._busy.seconds

    async def complete(self, query: ProofQuery, samples: int) -> list[tuple[str, ...]]:
        """At most `samples` proofs: the likeliest answer to each prompt, then the second of each, and so on.

        Raises:
            PolicyError: the model cannot be asked.
        """
        asked = [replace(query, failed=(failed,)) for failed in query.failed[:samples]] or [query]
        prompts: dict[Prompt, int] = {}
        for each in asked:
            prompts.setdefault(self.adapter.prompt(each), _seed(each))
        sampling = replace(self.sampling, samples=math.ceil(samples / len(prompts)))
        with self._busy.call():
            answers = await self.generator.generate(list(prompts), sampling, list(prompts.values()))
        ranked = [sorted(filter(_counts, completions), key=lambda each: -_logprob(each)) for completions in answers]
        proofs: dict[tuple[str, ...], None] = {}
        for rank in range(max((len(completions) for completions in ranked), default=0)):
            for completions in ranked:
                if rank < len(completions) and (script := self.adapter.parse(completions[rank].text, query)):
                    proofs[script] = None
        return list(proofs)[:samples]

    async def load(self) -> None:
        """Load the model now, where it is one of this process, so that what is wrong with it shows at once."""
        if load := getattr(self.generator, "load", None):
            await load()

    async def close(self) -> None:
        """Let go of the model."""
        await self.generator.close()


def logaddexp(a: float, b: float) -> float:
    """The logarithm of the sum of two numbers that are given by their logarithms."""
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def _of(adapter: Adapter, sampling: Sampling) -> Sampling:
    return replace(sampling, stop=adapter.stop, max_tokens=adapter.max_tokens)


def _counts(completion: Completion) -> bool:
    """Is it whole? One that was cut off is not, unless its code block was closed before."""
    return completion.finished or is_closed(completion.text)


def _logprob(completion: Completion) -> float:
    return completion.logprob if math.isfinite(completion.logprob) else _UNLIKELY


def _seed(query: ProofQuery) -> int:
    """The attempt's seed; for a repair, another that depends on what failed, since a prompt may not."""
    if not query.failed:
        return query.seed
    tried = "\0".join(step for failed in query.failed for step in failed.script)
    digest = hashlib.sha256(f"{query.seed}\0{tried}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big")
