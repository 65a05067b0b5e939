"""How likely a causal language model finds each of many continuations of a text."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectkit.progress import Progress, silent

Floats = NDArray[np.float64]
Tokens = Sequence[int]

_NODES = 64
"""Inner nodes of the tree that go through the model at once; bounds its memory."""


def continuation_log_probabilities(
    model: Any,
    prompts: Sequence[Tokens],
    continuations: Sequence[Tokens],
    *,
    batch_size: int = 8,
    progress: Progress = silent,
) -> Floats:
    """Return log p(continuation | prompt), in nats [shape=(n_prompts, n_continuations)].

    log p(c | x) = Σ_i log p(c_i | x, c_<i). The beginning that all prompts share goes through
    the model once; a single pass over a prompt gives all continuations of one token; longer ones
    share a tree of their tokens, whose inner nodes go through the model together, each seeing
    only its own branch.

    Parameters
    ----------
    model
        A transformers causal language model, in evaluation mode.
    prompts
        Token numbers of each prompt; at least one each.
    continuations
        Token numbers of each continuation; at least one each.
    batch_size
        Prompts that go through the model at once.
    progress
        Told ``("continuations", done, total)`` in prompts.
    """
    import torch

    if not len(prompts) or not len(continuations):
        return np.zeros((len(prompts), len(continuations)))
    if any(not len(tokens) for tokens in (*prompts, *continuations)):
        raise ValueError("prompts and continuations need at least one token each")
    tree = _Tree(continuations)
    shared = _shared_beginning(prompts)
    found = np.empty((len(prompts), len(continuations)))
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    with torch.inference_mode():
        begun = _begin(model, prompts[0][:shared])
        for at in range(0, len(order), batch_size):
            progress("continuations", at, len(order))
            rows = order[at : at + batch_size]
            found[rows] = _batch(model, begun, shared, [prompts[i][shared:] for i in rows], tree)
    progress("continuations", len(order), len(order))
    return found


class _Tree:
    """The continuations as a tree of tokens; a node is numbered when it is first met."""

    def __init__(self, continuations: Sequence[Tokens]) -> None:
        self.tokens: list[int] = []  # token of each inner node
        self.parents: list[int] = []  # inner node above it; -1 is the prompt itself
        self.steps: list[list[tuple[int, int]]] = []  # (node, token) that each continuation adds up
        known: dict[tuple[int, ...], int] = {(): -1}
        for continuation in continuations:
            steps = []
            for depth, token in enumerate(continuation):
                above = tuple(continuation[:depth])
                if above not in known:
                    known[above] = len(self.tokens)
                    self.tokens.append(above[-1])
                    self.parents.append(known[above[:-1]])
                steps.append((known[above], token))
            self.steps.append(steps)
        self.asked: dict[int, list[int]] = {}  # tokens that are asked for after each node
        for steps in self.steps:
            for node, token in steps:
                self.asked.setdefault(node, []).append(token)
        self.asked = {node: sorted(set(tokens)) for node, tokens in self.asked.items()}
        depths: list[int] = []
        for parent in self.parents:
            depths.append(0 if parent < 0 else depths[parent] + 1)
        self.depths = depths

    def sees(self) -> NDArray[np.bool_]:
        """Which inner nodes each inner node sees: itself and those above [shape=(n, n)]."""
        seen = np.eye(len(self.tokens), dtype=bool)
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                seen[node] |= seen[parent]
        return seen


def _shared_beginning(prompts: Sequence[Tokens]) -> int:
    """Return how many tokens all prompts begin with, short of the last token of any."""
    least = min(len(prompt) for prompt in prompts) - 1
    first = prompts[0]
    for at in range(least):
        if any(prompt[at] != first[at] for prompt in prompts):
            return at
    return least


def _begin(model: Any, tokens: Tokens) -> Any:
    import torch
    from transformers import DynamicCache

    if not len(tokens):
        return DynamicCache()
    ids = torch.tensor([list(tokens)], device=model.device)
    return model.base_model(input_ids=ids, use_cache=True).past_key_values


def _batch(model: Any, begun: Any, shared: int, prompts: list[Tokens], tree: _Tree) -> Floats:
    import torch

    device, size = model.device, len(prompts)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=device)
    longest = int(lengths.max())
    ids = torch.zeros((size, longest), dtype=torch.long, device=device)
    for row, prompt in enumerate(prompts):
        ids[row, : len(prompt)] = torch.tensor(list(prompt), device=device)
    cache = copy.deepcopy(begun)
    if shared:
        cache.batch_repeat_interleave(size)
    # Padding stands at the end, where a causal model's earlier tokens cannot see it.
    places = shared + torch.arange(longest, device=device).expand(size, -1)
    states = model.base_model(
        input_ids=ids, position_ids=places, past_key_values=cache, use_cache=True
    ).last_hidden_state
    last = states[torch.arange(size, device=device), lengths - 1]
    known: dict[tuple[int, int], NDArray[np.float64]] = {}
    _keep(known, model, last[:, None], [-1], tree)
    if tree.tokens:
        _inner(known, model, cache, shared, lengths, longest, tree)
    return np.stack([sum(known[step] for step in steps) for steps in tree.steps], axis=1)


def _inner(
    known: dict[tuple[int, int], Floats],
    model: Any,
    cache: Any,
    shared: int,
    lengths: Any,
    longest: int,
    tree: _Tree,
) -> None:
    """Pass the inner nodes of the tree through the model, a part after another."""
    import torch

    device, size, sees = model.device, len(lengths), torch.from_numpy(tree.sees())
    real = torch.arange(longest, device=device)[None] < lengths[:, None]
    before = torch.cat([torch.ones((size, shared), dtype=torch.bool, device=device), real], dim=1)
    depths = torch.tensor(tree.depths, device=device)
    for start in range(0, len(tree.tokens), _NODES):
        nodes = list(range(start, min(start + _NODES, len(tree.tokens))))
        # Nodes above lie in this part or in an earlier one: the tree is numbered from the top.
        own = sees[nodes][:, : nodes[-1] + 1].to(device).expand(size, -1, -1)
        seen = torch.cat([before[:, None].expand(-1, len(nodes), -1), own], dim=2)[:, None]
        mask = torch.zeros(seen.shape, dtype=model.dtype, device=device)
        mask.masked_fill_(~seen, torch.finfo(model.dtype).min)
        tokens = torch.tensor([tree.tokens[node] for node in nodes], device=device)
        states = model.base_model(
            input_ids=tokens.expand(size, -1),
            position_ids=shared + lengths[:, None] + depths[nodes][None],
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state
        _keep(known, model, states, nodes, tree)


def _keep(
    known: dict[tuple[int, int], Floats], model: Any, states: Any, nodes: list[int], tree: _Tree
) -> None:
    """Note log p of every token that is asked for after the nodes."""
    head = model.get_output_embeddings()
    for at, node in enumerate(nodes):
        told = head(states[:, at]).float()
        asked = tree.asked[node]
        log_p = (told[:, asked] - told.logsumexp(dim=1, keepdim=True)).double().cpu().numpy()
        for column, token in enumerate(asked):
            known[node, token] = log_p[:, column]
