"""Answers as students type them: right ones in several styles pass, wrong ones are told what is true of them, and
what a machine can think of without understanding anything never passes.
"""

import math
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy
import pytest
import torch

import lessons
from lessons.exercises import progress
from lessons.exercises.catalogue import all_exercises
from lessons.exercises.compare import plain
from lessons.exercises.exercise import Exercise
from lessons.exercises.fresh import with_fresh_cases
from lessons.exercises.judging import judge

EXERCISES = list(all_exercises().values())

# {exercise: sources of right answers, each in a style of its own}
RIGHT = {
    "likeliest-token": (
        "lambda logits: logits[0][-1].argmax().item()",
        "lambda logits: logits.softmax(-1)[0, -1].topk(1).indices",
        "lambda logits: max(range(logits.shape[-1]), key=lambda id: logits[0, -1, id])",
        "lambda logits: numpy.argsort(logits.numpy()[0, -1])[-1]",
    ),
    "next-probabilities": (
        "lambda logits: torch.softmax(logits, dim=-1)[0, -1, :]",
        "lambda logits: logits[0, -1].exp() / logits[0, -1].exp().sum()",
        "lambda logits: logits.log_softmax(2)[0][-1].exp().tolist()",
        "lambda logits: [math.exp(x) / sum(math.exp(y) for y in logits[0, -1]) for x in logits[0, -1]]",
    ),
    "table-by-hand": (
        """
def f(next_logits, ids, steps, choices):
    rows = []
    for step in range(steps):
        p = torch.softmax(next_logits(ids), dim=0)
        order = torch.argsort(p, descending=True)[:choices]
        rows.append([(i.item(), p[i].item()) for i in order])
        ids = ids + [order[0].item()]
    return rows""",
        """
def f(next_logits, ids, steps, choices):
    if not steps:
        return []
    p = next_logits(ids).softmax(-1).tolist()
    row = sorted(enumerate(p), key=lambda pair: -pair[1])[:choices]
    return [row, *f(next_logits, [*ids, row[0][0]], steps - 1, choices)]""",
        """
def f(next_logits, ids, steps, choices):
    text = torch.tensor(ids)
    for _ in range(steps):
        values, indices = next_logits(text.tolist()).softmax(-1).topk(choices)
        yield list(zip(indices, values))
        text = torch.cat([text, indices[:1]])""",
    ),
    "greedy-with-a-cache": (
        """
def f(read, ids, steps):
    logits, cache = read(ids, None)
    new = [logits.argmax().item()]
    while len(new) < steps:
        logits, cache = read([new[-1]], cache)
        new.append(logits.argmax().item())
    return new""",
        """
def f(read, ids, steps):
    def go(unread, cache, left):
        if not left:
            return []
        logits, cache = read(unread, cache)
        best = int(logits.argmax())
        return [best] + go([best], cache, left - 1)
    return go(ids, None, steps)""",
        """
def f(read, ids, steps):
    cache, new = None, []
    for token in ids:
        logits, cache = read([token], cache)
    for step in range(steps):
        if step:
            logits, cache = read(new[-1:], cache)
        new += [int(torch.topk(logits, 1).indices[0])]
    return torch.tensor(new)""",
    ),
    "lost-at": (
        "lambda p: math.floor(-150 / math.log2(p)) + (p**math.floor(-150 / math.log2(p)) > 2**-150)",
        "lambda p: next(n for n in range(10000) if numpy.float32(p**n) == 0)",
        """
def f(p):
    n, product = 0, 1.0
    while torch.tensor(product) != 0:
        n, product = n + 1, product * p
    return n""",
    ),
    "text-log-prob": (
        "lambda probabilities: torch.log(probabilities).sum().item()",
        "lambda probabilities: sum(math.log(p) for p in probabilities)",
        "lambda probabilities: numpy.log(probabilities.numpy()).sum()",
        "lambda probabilities: torch.log2(probabilities).sum() * math.log(2)",
    ),
    "log-probs-of-labels": (
        "lambda logits, labels: -torch.nn.functional.cross_entropy(logits, labels, reduction='none')",
        "lambda logits, labels: logits.log_softmax(-1)[torch.arange(len(labels)), labels]",
        "lambda logits, labels: [float(row[label] - row.logsumexp(-1)) for row, label in zip(logits, labels)]",
        "lambda logits, labels: torch.log_softmax(logits, 1).gather(1, labels.view(-1, 1)).flatten()",
    ),
    "sequence-logprob": (
        "lambda logits, ids, input_len: -torch.nn.functional.cross_entropy("
        "logits[input_len - 1 : -1], ids[input_len:], reduction='sum')",
        "lambda logits, ids, input_len: sum("
        "logits[n - 1].log_softmax(-1)[ids[n]].item() for n in range(input_len, len(ids)))",
        "lambda logits, ids, input_len: logits.log_softmax(-1)[range(input_len - 1, len(ids) - 1), ids[input_len:]].sum()",
    ),
    "beam-step": (
        """
def f(sums, log_probs, num_beams):
    new = [
        (beam, token, float(sums[beam] + log_probs[beam, token]))
        for beam in range(log_probs.shape[0]) for token in range(log_probs.shape[1])
    ]
    return sorted(new, key=lambda triple: triple[2], reverse=True)[:num_beams]""",
        """
def f(sums, log_probs, num_beams):
    totals = (sums[:, None] + log_probs).numpy()
    order = numpy.argsort(-totals, axis=None)[:num_beams]
    beams, tokens = numpy.unravel_index(order, totals.shape)
    return [[b, t, totals[b, t]] for b, t in zip(beams, tokens)]""",
        """
def f(sums, log_probs, num_beams):
    values, places = (log_probs + sums.view(-1, 1)).view(-1).sort(descending=True)
    return torch.stack([places // log_probs.size(1), places % log_probs.size(1), values], 1)[:num_beams]""",
    ),
    "length-penalty": (
        "lambda log_probs, length_penalty: sum(log_probs.tolist()) / log_probs.numel() ** length_penalty",
        "lambda log_probs, length_penalty: log_probs.sum() * len(log_probs) ** (-length_penalty)",
        "lambda log_probs, length_penalty: torch.sum(log_probs) / (log_probs.shape[0] ** length_penalty)",
    ),
    "forbidden-tokens": (
        "lambda ids: {b for a, b in zip(ids, ids[1:]) if a == ids[-1]}",
        """
def f(ids):
    forbidden = set()
    for place in range(1, len(ids)):
        if ids[place - 1] == ids[-1]:
            forbidden.add(ids[place])
    return forbidden""",
        """
def f(ids):
    after = {}
    for one, two in zip(ids, ids[1:]):
        after.setdefault(one, set()).add(two)
    return sorted(after.get(ids[-1], ()))""",
    ),
    "beams-lose": (
        # the condition of the lesson itself
        """
def f(lm, prompts, steps, num_beams):
    for prompt in prompts:
        g, b = lessons.greedy_search(lm, prompt, steps), lessons.beam_search(lm, prompt, steps, num_beams=num_beams)
        if len(g.new_ids) == len(b.new_ids) and b.log_prob < g.log_prob - 0.001:
            return prompt""",
        """
def f(lm, prompts, steps, num_beams):
    def lost(prompt):
        greedy = lessons.greedy_search(lm, prompt, max_new_tokens=steps).log_prob
        return greedy - lessons.beam_search(lm, prompt, max_new_tokens=steps, num_beams=num_beams).log_prob
    return next((prompt for prompt in prompts if lost(prompt) > 1e-9), None)""",
        # texts of equal length: the mean decides as the sum does
        """
def f(lm, prompts, steps, num_beams):
    losing = [
        prompt for prompt in prompts
        if lessons.beam_search(lm, prompt, steps, num_beams=num_beams).score
        < lessons.greedy_search(lm, prompt, steps).log_prob / steps - 1e-6
    ]
    return losing[0] if losing else None""",
    ),
    "tempered": (
        "lambda logits, T: torch.softmax(logits / T, -1)",
        "lambda logits, T: (logits / T).exp() / (logits / T).exp().sum()",
        "lambda logits, T: logits.softmax(-1) ** (1 / T) / (logits.softmax(-1) ** (1 / T)).sum()",
        "lambda logits, T: numpy.exp(logits.numpy() / T) / numpy.exp(logits.numpy() / T).sum()",
    ),
    "three-to-one": (
        "lambda logit_a, logit_b, odds: (logit_a - logit_b) / numpy.log(odds)",
        "lambda logit_a, logit_b, odds: torch.tensor(logit_a - logit_b) / torch.tensor(odds).log()",
        """
def f(logit_a, logit_b, odds):
    low, high = 1e-3, 1e3
    for _ in range(100):
        T = (low + high) / 2
        low, high = (T, high) if math.exp(min((logit_a - logit_b) / T, 700)) > odds else (low, T)
    return T""",
    ),
    "entropy-in-nats": (
        "lambda logits: lessons.entropy(logits)",
        "lambda logits: torch.distributions.Categorical(logits=logits[logits > -torch.inf]).entropy()",
        "lambda logits: -(logits.softmax(-1) * torch.log(logits.softmax(-1) + 1e-12)).sum()",
        "lambda logits: -sum(p * math.log(p) for p in logits.softmax(-1).tolist() if p > 0)",
        "lambda logits: torch.special.entr(logits.softmax(-1)).sum()",
    ),
    "temperature-for-entropy": (
        """
def f(logits, nats):
    low, high = 0.01, 100
    while high - low > 1e-4:
        middle = (low + high) / 2
        if lessons.entropy(logits / middle) > nats:
            high = middle
        else:
            low = middle
    return low""",
        "lambda logits, nats: min(numpy.geomspace(0.01, 100, 4000), key=lambda T: abs(lessons.entropy(logits / T) - nats))",
        """
def f(logits, nats):
    T = 0.01
    while lessons.entropy(logits / T) < nats:
        T *= 1.003
    return T""",
    ),
    "top-k": (
        """
def f(logits, k):
    ids = sorted(range(len(logits)), key=lambda id: (-logits[id].item(), id))[:k]
    return [logits[id].item() if id in ids else -math.inf for id in range(len(logits))]""",
        """
def f(logits, k):
    cut = torch.sort(logits, descending=True, stable=True).indices[k:]
    return logits.index_fill(0, cut, float("-inf"))""",
        """
def f(logits, k):
    rank = numpy.argsort(numpy.argsort(-logits.numpy(), kind="stable"))
    return numpy.where(rank < k, logits.numpy(), -numpy.inf)""",
    ),
    "smallest-k": (
        """
def f(probabilities, mass):
    total = 0
    for k, p in enumerate(sorted(probabilities.tolist(), reverse=True), start=1):
        total += p
        if total >= mass:
            return k""",
        "lambda probabilities, mass: 1 + torch.searchsorted("
        "probabilities.sort(descending=True).values.cumsum(0), torch.tensor(mass))",
        "lambda probabilities, mass: numpy.argmax(numpy.cumsum(numpy.sort(probabilities.numpy())[::-1]) >= mass) + 1",
    ),
    "top-p": (
        """
def f(probabilities, p):
    kept, total = [], 0.0
    for id in sorted(range(len(probabilities)), key=lambda id: -probabilities[id]):
        kept.append(id)
        total += probabilities[id]
        if total >= p:
            break
    return [probabilities[id] / total if id in kept else 0 for id in range(len(probabilities))]""",
        """
def f(probabilities, p):
    ordered, ids = torch.sort(probabilities, descending=True)
    cut = torch.cumsum(ordered, -1) > p
    cut[1:] = cut[:-1].clone()
    cut[0] = False
    left = probabilities.clone()
    left[ids[cut]] = 0
    return left / left.sum()""",
        """
def f(probabilities, p):
    kept = torch.stack([(probabilities[probabilities > one].sum() < p) for one in probabilities])
    return probabilities * kept / (probabilities * kept).sum()""",
    ),
    "min-p": (
        "lambda probabilities, p: (q := probabilities * (probabilities >= p * probabilities.max())) / q.sum()",
        """
def f(probabilities, p):
    kept = probabilities.clone()
    kept[kept < p * kept.max()] = 0
    return torch.nn.functional.normalize(kept, p=1, dim=0)""",
        """
def f(probabilities, p):
    kept = [x if x >= p * max(probabilities) else 0.0 for x in probabilities]
    return [x / sum(kept) for x in kept]""",
        "lambda probabilities, p: probabilities.log().where(probabilities >= p * probabilities.max(), -torch.inf).softmax(-1)",
    ),
    "next-token-loss": (
        "lambda logits, ids: -logits.log_softmax(-1)[range(len(ids) - 1), ids[1:]].mean()",
        "lambda logits, ids: torch.nn.functional.nll_loss(logits[:-1].log_softmax(-1), ids[1:]).item()",
        "lambda logits, ids: sum(float(logits[n].logsumexp(0) - logits[n, ids[n + 1]]) for n in range(len(ids) - 1))"
        " / (len(ids) - 1)",
    ),
    "token-blocks": (
        """
def f(texts, block_size):
    row = [id for text in texts for id in text]
    return [row[i : i + block_size] for i in range(0, len(row) - block_size + 1, block_size)]""",
        """
def f(texts, block_size):
    from itertools import chain
    ids = iter(chain.from_iterable(texts))
    return [list(block) for block in zip(*[ids] * block_size)]""",
        """
def f(texts, block_size):
    block = []
    for text in texts:
        for id in text:
            block.append(id)
            if len(block) == block_size:
                yield block
                block = []""",
    ),
    "perplexity-from-losses": (
        "lambda losses, tokens: numpy.exp(numpy.average(losses, weights=tokens))",
        "lambda losses, tokens: math.exp(sum(map(lambda loss, size: loss * size, losses, tokens)) / sum(tokens))",
        "lambda losses, tokens: math.prod(math.exp(loss) ** (size / sum(tokens)) for loss, size in zip(losses, tokens))",
        "lambda losses, tokens: (torch.tensor(losses) @ torch.tensor(tokens).float() / sum(tokens)).exp()",
    ),
    "entropy-floor": (
        "lambda weights, below: sum(w / sum(weights) * (math.log(sum(weights) / w) + b) for w, b in zip(weights, below))",
        """
def f(weights, below):
    p = numpy.array(weights) / numpy.sum(weights)
    return -(p * numpy.log(p)).sum() + (p * below).sum()""",
        "lambda weights, below: lessons.entropy(torch.tensor(weights).log())"
        " + (torch.tensor(weights) * torch.tensor(below)).sum() / sum(weights)",
    ),
    "distinct-pairs": (
        """
def f(texts):
    pairs = []
    for text in texts:
        pairs += zip(text, text[1:])
    return len(set(pairs)) / len(pairs)""",
        """
def f(texts):
    from collections import Counter
    counts = Counter(pair for text in texts for pair in zip(text[:-1], text[1:]))
    return len(counts) / counts.total()""",
        """
def f(texts):
    seen, new, all = set(), 0, 0
    for text in texts:
        for place in range(1, len(text)):
            pair = f"{text[place - 1]} {text[place]}"
            all, new = all + 1, new + (pair not in seen)
            seen.add(pair)
    return new / all""",
    ),
    "small-sampler": (
        """
def f(next_logits, ids, uniforms, T, k):
    text = ids[:]
    for u in uniforms:
        logits, tokens = torch.topk(next_logits(text) / T, k)
        total = 0.0
        for p, token in zip(torch.softmax(logits, -1).tolist(), tokens.tolist()):
            total += p
            if u < total:
                break
        text.append(token)
    return text""",
        """
def f(next_logits, ids, uniforms, T, k):
    new = []
    for u in uniforms:
        logits = next_logits(ids + new)
        order = logits.argsort(descending=True)[:k]
        p = (logits[order] / T).softmax(-1)
        new.append(order[torch.searchsorted(p.cumsum(-1), torch.tensor(u), right=True).clamp(max=k - 1)].item())
    return ids + new""",
        """
def f(next_logits, ids, uniforms, T, k):
    if not uniforms:
        return ids
    p = sorted(((math.exp(x / T), id) for id, x in enumerate(next_logits(ids).tolist())), reverse=True)[:k]
    target, place = uniforms[0] * sum(w for w, _ in p), 0
    while place < k - 1 and target >= p[place][0]:
        target -= p[place][0]
        place += 1
    return f(next_logits, [*ids, p[place][1]], uniforms[1:], T, k)""",
    ),
    "choose-a-decoder": (
        """
def f(texts, most_surprisal):
    best, best_share = None, -1
    for name in texts:
        tokens = [token for text in texts[name] for token in text]
        mean = sum(surprisal for id, surprisal in tokens) / len(tokens)
        share = len({id for id, surprisal in tokens}) / len(tokens)
        if mean <= most_surprisal and share > best_share:
            best, best_share = name, share
    return best""",
        """
def f(texts, most_surprisal):
    flat = {name: sum(written, []) for name, written in texts.items()}
    kept = [name for name, tokens in flat.items() if numpy.mean([s for _, s in tokens]) <= most_surprisal]
    return sorted(kept, key=lambda name: len(dict(flat[name])) / len(flat[name]))[-1]""",
        """
def f(texts, most_surprisal):
    import pandas
    rows = [(name, id, s) for name, written in texts.items() for text in written for id, s in text]
    table = pandas.DataFrame(rows, columns=["name", "id", "s"]).groupby("name")
    share = table["id"].nunique() / table["id"].count()
    return share[table["s"].mean() <= most_surprisal].idxmax()""",
    ),
    "logits-by-hand": (
        "lambda hidden, scale, shift, head: head @ torch.nn.functional.layer_norm(hidden, hidden.shape, scale, shift)",
        "lambda hidden, scale, shift, head: ((hidden - hidden.mean()) / hidden.std(correction=0) * scale + shift) @ head.T",
        """
def f(hidden, scale, shift, head):
    D = len(hidden)
    mean = sum(hidden) / D
    variance = sum((x - mean) ** 2 for x in hidden) / D
    normed = [(x - mean) / math.sqrt(variance) * a + b for x, a, b in zip(hidden, scale, shift)]
    return [sum(x * w for x, w in zip(normed, row)) for row in head]""",
        """
def f(hidden, scale, shift, head):
    x = hidden.numpy()
    return head.numpy().dot((x - x.mean()) / x.std() * scale.numpy() + shift.numpy())""",
    ),
    "causal-mask": (
        "lambda scores: torch.where(torch.ones(scores.shape).tril().bool(), scores, float('-inf')).softmax(dim=1)",
        "lambda scores: (scores.exp().tril().T / scores.exp().tril().sum(-1)).T",
        """
def f(scores):
    rows = []
    for place, row in enumerate(scores.tolist()):
        powers = [math.exp(x) for x in row[: place + 1]]
        rows.append([p / sum(powers) for p in powers] + [0] * (len(row) - place - 1))
    return rows""",
        "lambda scores: scores.softmax(-1).tril() / scores.softmax(-1).tril().sum(-1, keepdim=True)",
    ),
    "attention-head": (
        "lambda query, key, value: torch.nn.functional.scaled_dot_product_attention("
        "query[None], key[None], value[None], is_causal=True)[0]",
        """
def f(query, key, value):
    T, d = query.shape
    scores = torch.einsum("td,sd->ts", query, key) / d**0.5
    scores = scores + torch.full((T, T), -torch.inf).triu(1)
    return scores.softmax(-1) @ value""",
        """
def f(query, key, value):
    taken = []
    for place in range(len(query)):
        weights = (key[: place + 1] @ query[place] / math.sqrt(query.shape[1])).softmax(-1)
        taken.append(sum(w * v for w, v in zip(weights, value)))
    return torch.stack(taken)""",
    ),
    "count-parameters": (
        "lambda V, P, D, L: (V + P + 2) * D + L * (12 * D * D + 13 * D)",
        """
def f(vocab_size, n_positions, n_embd, n_layer):
    def linear(n, m):
        return n * m + m
    block = 2 * 2 * n_embd
    block += linear(n_embd, 3 * n_embd) + linear(n_embd, n_embd)
    block += linear(n_embd, 4 * n_embd) + linear(4 * n_embd, n_embd)
    return vocab_size * n_embd + n_positions * n_embd + sum(block for _ in range(n_layer)) + 2 * n_embd""",
        """
def f(vocab_size, n_positions, n_embd, n_layer):
    from transformers import GPT2Config, GPT2LMHeadModel
    config = GPT2Config(vocab_size=vocab_size, n_positions=n_positions, n_embd=n_embd, n_layer=n_layer, n_head=2)
    with torch.device("meta"):
        return sum(p.numel() for p in GPT2LMHeadModel(config).parameters())""",
        """
def f(vocab_size, n_positions, n_embd, n_layer):
    import transformers
    config = transformers.GPT2Config(n_embd=n_embd, n_layer=n_layer, n_head=1)
    config.vocab_size, config.n_positions = vocab_size, n_positions
    return transformers.GPT2LMHeadModel(config).num_parameters()""",
    ),
    "under-a-rule": (
        "lambda logits, allowed: torch.tensor([logits[id].exp() if id in allowed else 0 for id in range(len(logits))]) / logits[allowed].exp().sum()",
        """
def f(logits, allowed):
    mask = torch.zeros(len(logits), dtype=bool)
    mask[allowed] = True
    return logits.masked_fill(~mask, float("-inf")).softmax(0)""",
        """
def f(logits, allowed):
    p = logits.softmax(-1).numpy().copy()
    for id in range(len(p)):
        if id not in allowed:
            p[id] = 0
    return p / p.sum()""",
    ),
    "may-follow": (
        "lambda texts, written: {text[len(written)] for text in texts if text[:len(written)] == written}",
        """
def f(texts, written):
    trie = {}
    for text in texts:
        node = trie
        for id in text:
            node = node.setdefault(id, {})
    for id in written:
        trie = trie[id]
    return set(trie)""",
        """
def f(texts, written):
    found = []
    for text in texts:
        for place, id in enumerate(written):
            if text[place] != id:
                break
        else:
            found.append(text[len(written)])
    return set(found)""",
    ),
    "weight-of-a-draw": (
        "lambda offered, allowed: (offered * allowed).sum(-1).prod()",
        "lambda offered, allowed: math.exp(sum(math.log(row[keep].sum()) for row, keep in zip(offered, allowed)))",
        """
def f(offered, allowed):
    total = 1
    for t in range(len(offered)):
        total *= sum(p for p, ok in zip(offered[t].tolist(), allowed[t].tolist()) if ok)
    return total""",
    ),
    "accept-or-replace": (
        "lambda p, q, x, u, v: x if u * q[x] < p[x] else int(torch.searchsorted("
        "((p - q).clamp(min=0) / (p - q).clamp(min=0).sum()).cumsum(0), v, right=True))",
        """
def f(p, q, proposed, u, v):
    if u < min(1.0, float(p[proposed]) / float(q[proposed])):
        return proposed
    lacking = [max(0.0, float(a) - float(b)) for a, b in zip(p, q)]
    reached = 0.0
    for token, share in enumerate(lacking):
        reached += share / sum(lacking)
        if v < reached:
            return token""",
        """
def f(p, q, proposed, u, v):
    left = torch.where(p > q, p - q, 0.0)
    replaced = int((left.cumsum(0) <= v * left.sum()).sum())
    return proposed if u < p[proposed] / q[proposed] else replaced""",
    ),
    "residual": (
        "lambda p, q: torch.relu(p - q) / torch.relu(p - q).sum()",
        "lambda p, q: (p - torch.minimum(p, q)) / (1 - torch.minimum(p, q).sum())",
        """
def f(p, q):
    lacking = [max(0.0, a - b) for a, b in zip(p.tolist(), q.tolist())]
    return [share / sum(lacking) for share in lacking]""",
    ),
    "tokens-a-pass": (
        "lambda rate, n: n + 1 if rate == 1 else (1 - rate ** (n + 1)) / (1 - rate)",
        "lambda rate, n: float(torch.tensor([rate] * n, dtype=torch.float64).cumprod(0).sum()) + 1",
        """
def f(rate, n):
    tokens = 1.0
    for _ in range(n):
        tokens = 1 + rate * tokens
    return tokens""",
    ),
    "mistaken-correction": (
        "lambda p, q: torch.minimum(p, q) + 0.5 * (p - q).abs().sum() * p",
        "lambda p, q: q * (p / q).clamp(max=1) + (1 - (q * (p / q).clamp(max=1)).sum()) * p",
        """
def f(p, q):
    both = [min(a, b) for a, b in zip(p.tolist(), q.tolist())]
    return [share + (1 - sum(both)) * a for share, a in zip(both, p.tolist())]""",
    ),
}

# {exercise: (source of a wrong answer, the mistake that is told; or the status where none is known)}: typed otherwise
# than those that are planted in the exercises themselves
WRONG = {
    "likeliest-token": (
        ("lambda logits: logits.max(-1).indices[0, 0]", "first-row"),
        ("lambda logits: logits[0].max(-1).indices.tolist()", "every-row"),
        ("lambda logits: logits[0, -1].sort().indices[0]", "least"),
        ("lambda logits: logits[-1, -1].softmax(0).max()", "wrong"),
        ("lambda logits: max(logits[0])", "crashed"),
    ),
    "next-probabilities": (
        ("lambda logits: logits[0].softmax(0)[-1]", "wrong-axis"),
        ("lambda logits: logits.softmax(-1)[:, -1]", "extra_dimension"),
        ("lambda logits: 100 * logits[0, -1].softmax(-1)", "per_cent"),
        ("lambda logits: logits[0, -1].log_softmax(-1)", "logarithm"),
        ("lambda logits: logits[0, -1].exp()", "not_renormalised"),
    ),
    "table-by-hand": (
        (
            "lambda next_logits, ids, steps, choices: [list(zip(*[x.tolist() for x in"
            " next_logits(ids).softmax(-1).topk(choices)[::-1]]))] * steps",
            "not-appended",
        ),
        (
            """
def f(next_logits, ids, steps, choices):
    rows, last = [], ids[-1]
    for _ in range(steps):
        best = next_logits([last]).softmax(-1).topk(choices)
        rows.append(list(zip(best.indices.tolist(), best.values.tolist())))
        last = rows[-1][0][0]
    return rows""",
            "forgets",
        ),
        (
            """
def f(next_logits, ids, steps, choices):
    for _ in range(steps):
        best = next_logits(ids).softmax(-1).topk(choices)
        row = list(zip(best.indices.tolist(), best.values.tolist()))
        ids = ids + [row[0][0]]
    return row""",
            "wrong",
        ),
    ),
    "greedy-with-a-cache": (
        (
            """
def f(read, ids, steps):
    text = list(ids)
    for _ in range(steps):
        text.append(read(text, None)[0].argmax().item())
    return text[len(ids):]""",
            "no-cache",
        ),
        (
            """
def f(read, ids, steps):
    logits, cache = read(ids, None)
    out = []
    for _ in range(steps):
        out.append(int(logits.argmax()))
        logits, cache = read([out[-1]], cache)
    return out""",
            "last-read",
        ),
        ("lambda read, ids, steps: [int(read(ids, None)[0].argmax())] * steps", "wrong"),
    ),
    "lost-at": (
        ("lambda p: next(n for n in range(9999) if p**n == 0)", "float64"),
        ("lambda p: math.ceil(-149 * math.log(2) / math.log(p)) + (p == 0.5)", "half"),
        ("lambda p: next(n for n in range(9999) if numpy.float32(p**n) == 0) - 1", "last-alive"),
        ("lambda p: 150", "wrong"),
    ),
    "text-log-prob": (
        ("lambda probabilities: torch.log(torch.prod(probabilities))", "product"),
        ("lambda probabilities: math.log(math.prod(p.item() for p in probabilities))", "product-in-python"),
        ("lambda probabilities: -probabilities.log().sum()", "sign"),
        ("lambda probabilities: probabilities.log2().sum()", "bits"),
        ("lambda probabilities: probabilities.log()", "not_summed"),
        ("lambda probabilities: probabilities.prod()", "not_logarithm"),
        ("lambda probabilities: math.log(probabilities)", "crashed"),
    ),
    "log-probs-of-labels": (
        ("lambda logits, labels: torch.nn.functional.cross_entropy(logits, labels, reduction='none')", "sign"),
        ("lambda logits, labels: logits.softmax(-1).gather(-1, labels[:, None])[:, 0]", "not_logarithm"),
        ("lambda logits, labels: torch.log(logits.softmax(-1))[range(len(labels)), labels]", "log-of-softmax"),
        ("lambda logits, labels: logits.log_softmax(-1).gather(-1, labels[:, None])", "extra_dimension"),
        ("lambda logits, labels: logits.log_softmax(-1).gather(-1, labels)", "crashed"),
    ),
    "sequence-logprob": (
        ("lambda logits, ids, input_len: logits.log_softmax(-1)[input_len, ids[input_len + 1]]", "one-token"),
        (
            "lambda logits, ids, input_len: -torch.nn.functional.cross_entropy("
            "logits[input_len - 1 : -1], ids[input_len:])",
            "mean",
        ),
        (
            "lambda logits, ids, input_len: torch.nn.functional.cross_entropy("
            "logits[input_len - 1 : -1], ids[input_len:], reduction='sum')",
            "sign",
        ),
        (
            "lambda logits, ids, input_len: logits.log_softmax(-1)[range(len(ids)), ids][input_len:].sum()",
            "not-shifted",
        ),
        ("lambda logits, ids, input_len: -torch.nn.functional.cross_entropy(logits[input_len:], ids)", "crashed"),
    ),
    "beam-step": (
        (
            "lambda sums, log_probs, num_beams: [(b, int(log_probs[b].argmax()), float(sums[b] + log_probs[b].max()))"
            " for b in sorted(range(len(sums)), key=lambda b: -(sums[b] + log_probs[b].max()))]",
            "each-its-own",
        ),
        (
            "lambda sums, log_probs, num_beams: list(zip(*[((sums[:, None] + log_probs).flatten().topk(num_beams)"
            ".indices // len(sums)).tolist(), ((sums[:, None] + log_probs).flatten().topk(num_beams).indices"
            " % len(sums)).tolist(), (sums[:, None] + log_probs).flatten().topk(num_beams).values.tolist()]))",
            "divided-by-beams",
        ),
        ("lambda sums, log_probs, num_beams: (sums[:, None] + log_probs).topk(num_beams)", "wrong"),
        ("lambda sums, log_probs, num_beams: (sums + log_probs).flatten().topk(num_beams)", "crashed"),
    ),
    "length-penalty": (
        ("lambda log_probs, length_penalty: log_probs.mean()", "no-effect"),
        ("lambda log_probs, length_penalty: log_probs.mean() ** length_penalty", "power-of-mean"),
        ("lambda log_probs, length_penalty: sum(log_probs)", "undivided"),
        ("lambda log_probs, length_penalty: -log_probs.sum() / len(log_probs) ** length_penalty", "sign"),
        ("lambda log_probs, length_penalty: log_probs / len(log_probs) ** length_penalty", "not_summed"),
        ("lambda log_probs, length_penalty: log_probs.sum() / length ** length_penalty", "crashed"),
    ),
    "forbidden-tokens": (
        ("lambda ids: {ids[ids.index(ids[-1]) + 1]}", "crashed"),
        ("lambda ids: set(ids) - {ids[-1]}", "wrong"),
        ("lambda ids: {ids[n + 1] for n, token in enumerate(ids) if token == ids[-1]}", "past-the-end"),
        ("lambda ids: ids", "wrong"),
        ("lambda ids: [b for a, b in zip(ids, ids[1:]) if a == ids[-1]]", "twice"),
    ),
    "beams-lose": (
        ("lambda lm, prompts, steps, num_beams: prompts[-1]", "wrong"),
        ("lambda lm, prompts, steps, num_beams: prompts[0]", "wrong"),
        (
            """
def f(lm, prompts, steps, num_beams):
    for prompt in prompts:
        b = lessons.beam_search(lm, prompt, steps, num_beams=num_beams)
        if b.score < lessons.greedy_search(lm, prompt, steps).log_prob - 1e-6:
            return prompt""",
            "never",
        ),
        (
            """
def f(lm, prompts, steps, num_beams):
    for prompt in prompts:
        b = lessons.beam_search(lm, prompt, steps, num_beams=num_beams)
        if b.log_prob < lessons.greedy_search(lm, prompt, steps).log_prob - 1e-6:
            return prompt
        else:
            return None""",
            "first-only",
        ),
        (
            """
def f(lm, prompts, steps, num_beams):
    found = None
    for prompt in prompts:
        b = lessons.beam_search(lm, prompt, steps, num_beams=num_beams)
        if b.log_prob < lessons.greedy_search(lm, prompt, steps).log_prob - 1e-6:
            found = prompt
    return found""",
            "last",
        ),
    ),
    "tempered": (
        ("lambda logits, T: (p := logits.softmax(-1) / T) / p.sum()", "no-effect"),
        ("lambda logits, T: (logits - T).softmax(-1)", "no-effect"),
        ("lambda logits, T: (logits / T).log_softmax(-1)", "logarithm"),
        ("lambda logits, T: torch.exp(logits / T)", "not-normalised"),
        ("lambda logits, T: logits.softmax(-1) ** T / (logits.softmax(-1) ** T).sum()", "multiplied"),
        ("lambda logits, T: math.exp(logits / T)", "crashed"),
    ),
    "three-to-one": (
        ("lambda logit_a, logit_b, odds: logit_a - logit_b / math.log(odds)", "wrong"),
        ("lambda logit_a, logit_b, odds: (logit_a - logit_b) / 3", "wrong"),
        ("lambda logit_a, logit_b, odds: (logit_a - logit_b) / numpy.log2(odds)", "base-two"),
        ("lambda logit_a, logit_b, odds: (logit_a - logit_b) / math.log(1 / odds)", "wrong-sign"),
    ),
    "entropy-in-nats": (
        ("lambda logits: (logits.softmax(-1) * logits.log_softmax(-1)).nansum()", "sign"),
        ("lambda logits: lessons.entropy(logits) / math.log(2)", "base-two"),
        ("lambda logits: lessons.entropy(logits).exp()", "perplexity"),
        ("lambda logits: lessons.entropy(logits.softmax(-1))", "softmax-twice"),
        ("lambda logits: -(logits.softmax(-1) * logits.log_softmax(-1)).nan_to_num()", "not_summed"),
        ("lambda logits: -sum(p * math.log(p) for p in logits.softmax(-1).tolist())", "crashed"),
    ),
    "temperature-for-entropy": (
        ("lambda logits, nats: 1.0", "wrong"),
        ("lambda logits, nats: nats", "wrong"),
        ("lambda logits, nats: 0.01", "wrong"),
        (
            """
def f(logits, nats):
    low, high = 0.01, 100.0
    for _ in range(60):
        T = (low * high) ** 0.5
        if lessons.entropy(torch.softmax(logits / T, -1)) < nats:
            low = T
        else:
            high = T
    return T""",
            "probabilities",
        ),
        (
            """
def f(logits, nats):
    low, high = 0.01, 100.0
    for _ in range(60):
        T = (low * high) ** 0.5
        if lessons.entropy(logits * T) > nats:
            low = T
        else:
            high = T
    return T""",
            "multiplied",
        ),
    ),
    "top-k": (
        (
            "lambda logits, k: torch.where(logits >= logits.sort(descending=True).values[k - 1], logits, -torch.inf)",
            "ties-kept",
        ),
        (
            """
def f(logits, k):
    out = torch.full_like(logits, float("-inf"))
    values, ids = torch.topk(logits, k)
    out[ids] = values
    return out""",
            "topk",
        ),
        ("lambda logits, k: logits * (logits > logits.sort(descending=True).values[k])", "wrong"),
        ("lambda logits, k: logits[:k]", "wrong"),
    ),
    "smallest-k": (
        (
            "lambda probabilities, mass: numpy.argmax(numpy.cumsum(numpy.sort(probabilities.numpy())[::-1]) >= mass)",
            "index",
        ),
        ("lambda probabilities, mass: int((probabilities.cumsum(0) < mass).sum()) + 1", "unsorted"),
        (
            "lambda probabilities, mass: int((probabilities.sort(descending=True).values.cumsum(0) < mass).sum()) + 2",
            "one_more",
        ),
        ("lambda probabilities, mass: len(probabilities)", "wrong"),
        ("lambda probabilities, mass: (probabilities.cumsum(0) >= mass).index(True) + 1", "crashed"),
    ),
    "top-p": (
        ("lambda probabilities, p: probabilities / probabilities.sum()", "wrong"),
        (
            """
def f(probabilities, p):
    values, ids = probabilities.sort(descending=True)
    out = torch.zeros_like(probabilities)
    keep = values.cumsum(0) <= p
    out[ids[keep]] = values[keep]
    return out / out.sum()""",
            "crossing-dropped",
        ),
        (
            """
def f(probabilities, p):
    values, ids = probabilities.sort(descending=True)
    keep = values.cumsum(0) - values < p
    return torch.where(keep, values, 0) / values[keep].sum()""",
            "not-put-back",
        ),
        (
            """
def f(probabilities, p):
    values, ids = probabilities.sort(descending=True)
    kept = ids[values.cumsum(0) - values < p]
    return [float(probabilities[id]) for id in kept]""",
            "wrong",
        ),
    ),
    "min-p": (
        ("lambda probabilities, p: (q := probabilities.where(probabilities > p, 0)) / q.sum()", "absolute"),
        ("lambda probabilities, p: probabilities * (probabilities >= p * probabilities.max())", "not-renormalised"),
        ("lambda probabilities, p: probabilities[probabilities >= p * probabilities.max()]", "wrong"),
        ("lambda probabilities, p: [x for x in probabilities if probabilities >= p]", "crashed"),
    ),
    "next-token-loss": (
        ("lambda logits, ids: torch.nn.functional.cross_entropy(logits[:-1], ids[1:]).exp()", "perplexity"),
        ("lambda logits, ids: -torch.nn.functional.cross_entropy(logits[:-1], ids[1:])", "sign"),
        ("lambda logits, ids: torch.nn.functional.cross_entropy(logits[:-1], ids[1:]) / math.log(2)", "bits"),
        (
            "lambda logits, ids: torch.nn.functional.cross_entropy(logits[:-1], ids[1:], reduction='none')",
            "not_averaged",
        ),
        ("lambda logits, ids: torch.nn.functional.cross_entropy(logits, ids[1:])", "crashed"),
    ),
    "token-blocks": (
        ("lambda texts, block_size: [text[:block_size] for text in texts]", "wrong"),
        ("lambda texts, block_size: texts", "wrong"),
        (
            "lambda texts, block_size: [block for text in texts for block in"
            " [text[i : i + block_size] for i in range(0, len(text) - block_size + 1, block_size)]]",
            "each-text",
        ),
        ("lambda texts, block_size: numpy.array(texts).reshape(-1, block_size)", "crashed"),
        (
            """
def f(texts, block_size):
    row = []
    for text in texts:
        row = row + list(text)
    return [row[i : i + block_size] for i in range(0, len(row) - block_size + 1, block_size)]""",
            "quadratic",
        ),
        (
            """
def f(texts, block_size):
    row, blocks = [], []
    for text in texts:
        row += text
        while len(row) >= block_size:
            blocks.append(row[:block_size])
            del row[:block_size]
    return blocks""",
            "slices",
        ),
    ),
    "perplexity-from-losses": (
        ("lambda losses, tokens: numpy.average(losses, weights=tokens)", "loss"),
        ("lambda losses, tokens: math.exp(-numpy.average(losses, weights=tokens))", "reciprocal"),
        ("lambda losses, tokens: numpy.exp(numpy.mean(losses))", "batches-alike"),
        ("lambda losses, tokens: numpy.average(numpy.exp(losses), weights=tokens)", "by-tokens"),
        ("lambda losses, tokens: math.exp(losses * tokens / sum(tokens))", "crashed"),
    ),
    "entropy-floor": (
        ("lambda weights, below: math.log(len(weights))", "wrong"),
        ("lambda weights, below: -sum(w / sum(weights) * math.log(w / sum(weights)) for w in weights)", "choice-only"),
        (
            "lambda weights, below: -sum(w / sum(weights) * (math.log(w / sum(weights)) + b)"
            " for w, b in zip(weights, below))",
            "wrong",
        ),
        (
            "lambda weights, below: math.exp(sum(w / sum(weights) * (math.log(sum(weights) / w) + b)"
            " for w, b in zip(weights, below)))",
            "perplexity",
        ),
    ),
    "distinct-pairs": (
        ("lambda texts: len(set(sum(texts, []))) / len(sum(texts, []))", "tokens"),
        ("lambda texts: len({p for t in texts for p in zip(t, t[1:])})", "number"),
        (
            "lambda texts: 100 * len({p for t in texts for p in zip(t, t[1:])}) / sum(len(t) - 1 for t in texts)",
            "per_cent",
        ),
        ("lambda texts: len({tuple(text) for text in texts}) / len(texts)", "wrong"),
        ("lambda texts: len(set([[a, b] for t in texts for a, b in zip(t, t[1:])]))", "crashed"),
    ),
    "small-sampler": (
        (
            """
def f(next_logits, ids, uniforms, T, k):
    ids = list(ids)
    for u in uniforms:
        ids.append(next_logits(ids).argmax().item())
    return ids""",
            "greedy",
        ),
        (
            """
def f(next_logits, ids, uniforms, T, k):
    text = list(ids)
    for u in uniforms:
        best = (next_logits([text[-1]]) / T).topk(k)
        place = int((best.values.softmax(-1).cumsum(-1) <= u).sum())
        text.append(best.indices[min(place, k - 1)].item())
    return text""",
            "forgets",
        ),
        ("lambda next_logits, ids, uniforms, T, k: ids", "wrong"),
        ("lambda next_logits, ids, uniforms, T, k: ids + [int(u * k) for u in uniforms]", "wrong"),
    ),
    "choose-a-decoder": (
        ("lambda texts, most_surprisal: list(texts)[-1]", "last"),
        ("lambda texts, most_surprisal: list(texts)[0]", "wrong"),
        ("lambda texts, most_surprisal: 'sample'", "wrong"),
        (
            "lambda texts, most_surprisal: max(texts, key=lambda name: len(dict(sum(texts[name], []))) / len(sum(texts[name], [])))",
            "limit-ignored",
        ),
        (
            "lambda texts, most_surprisal: min(texts, key=lambda name: numpy.mean([s for t in texts[name] for _, s in t]))",
            "safest",
        ),
        ("lambda texts, most_surprisal: max(texts, key=texts)", "crashed"),
    ),
    "logits-by-hand": (
        ("lambda hidden, scale, shift, head: head @ torch.nn.functional.layer_norm(hidden, hidden.shape)", "wrong"),
        (
            "lambda hidden, scale, shift, head: head @ ((hidden - hidden.mean()) / hidden.var().sqrt() * scale + shift)",
            "n-minus-one",
        ),
        (
            "lambda hidden, scale, shift, head: head @ torch.nn.functional.rms_norm(hidden, hidden.shape, scale) + head @ shift",
            "not-centred",
        ),
        ("lambda hidden, scale, shift, head: hidden @ head.T", "no-norm"),
        ("lambda hidden, scale, shift, head: head * hidden", "wrong"),
    ),
    "causal-mask": (
        ("lambda scores: scores.tril().softmax(-1)", "zero"),
        ("lambda scores: (scores + torch.full_like(scores, -torch.inf).triu(1)).softmax(0)", "queries"),
        ("lambda scores: scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -1).softmax(-1)", "minus-one"),
        ("lambda scores: scores.masked_fill(torch.ones_like(scores).tril(-1) > 0, -torch.inf).softmax(-1)", "future"),
        ("lambda scores: scores.masked_fill(torch.ones_like(scores).tril(), -torch.inf)", "crashed"),
    ),
    "attention-head": (
        (
            "lambda query, key, value: torch.nn.functional.scaled_dot_product_attention(query[None], key[None], value[None])[0]",
            "unmasked",
        ),
        (
            """
def f(query, key, value):
    scores = key @ query.T / math.sqrt(query.shape[-1])
    return scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -torch.inf).softmax(-1) @ value""",
            "swapped",
        ),
        (
            """
def f(query, key, value):
    scores = query @ key.T
    return scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -torch.inf).softmax(-1) @ value""",
            "not-divided",
        ),
        ("lambda query, key, value: value", "wrong"),
    ),
    "count-parameters": (
        ("lambda V, P, D, L: 2 * V * D + P * D + L * (12 * D * D + 13 * D) + 2 * D", "head-twice"),
        ("lambda V, P, D, L: V * D + P * D + 12 * D * D * L", "matrices-only"),
        ("lambda V, P, D, L: V * D + P * D + L * (12 * D * D + 13 * D)", "no-last-norm"),
        ("lambda V, P, D, L: V * D + L * (12 * D * D + 13 * D) + 2 * D", "no-positions"),
        ("lambda V, P, D, L: 12 * D * D * L", "wrong"),
    ),
    "under-a-rule": (
        ("lambda logits, allowed: logits.softmax(-1)", "wrong"),
        (
            "lambda logits, allowed: torch.where(torch.tensor([id in allowed for id in range(len(logits))]), logits, 0.0).softmax(-1)",
            "zero-logits",
        ),
        ("lambda logits, allowed: logits[allowed].softmax(-1)", "short"),
    ),
    "may-follow": (
        ("lambda texts, written: {text[len(written)] for text in texts if len(text) > len(written)}", "by-place"),
        ("lambda texts, written: {i for text in texts for i in text}", "anything"),
        (
            "lambda texts, written: {i for text in texts if text[:len(written)] == written for i in text[len(written):]}",
            "whole-rest",
        ),
    ),
    "weight-of-a-draw": (
        ("lambda offered, allowed: (offered * allowed).sum(-1).mean()", "mean"),
        ("lambda offered, allowed: (offered * allowed).sum(-1).log().sum()", "log"),
        ("lambda offered, allowed: 1 / (offered * allowed).sum(-1).prod()", "turned-round"),
    ),
    "accept-or-replace": (
        (
            "lambda p, q, x, u, v: x if u < p[x] else int(((p - q).clamp(0) / (p - q).clamp(0).sum()).cumsum(0).le(v).sum())",
            "no-ratio",
        ),
        ("lambda p, q, x, u, v: x if u < p[x] / q[x] else int(p.cumsum(0).le(v).sum())", "from-p"),
        ("lambda p, q, x, u, v: x if u < p[x] / q[x] else int((p - q).argmax())", "likeliest"),
        ("lambda p, q, x, u, v: x", "wrong"),
    ),
    "residual": (
        ("lambda p, q: torch.relu(p - q)", "not-renormalised"),
        ("lambda p, q: (p - q).abs() / (p - q).abs().sum()", "absolute"),
        ("lambda p, q: torch.relu(q - p) / torch.relu(q - p).sum()", "wrong-side"),
        ("lambda p, q: p", "wrong"),
    ),
    "tokens-a-pass": (
        ("lambda rate, n: 1 + n * rate", "not-in-a-row"),
        ("lambda rate, n: sum(rate**k for k in range(n))", "one-short"),
        ("lambda rate, n: sum(rate**k for k in range(1, n + 1))", "own-forgotten"),
        ("lambda rate, n: (1 - rate ** (n + 1)) / (1 - rate)", "crashed"),
    ),
    "mistaken-correction": (
        ("lambda p, q: p.clone()", "still-p"),
        ("lambda p, q: torch.minimum(p, q)", "accepted-only"),
        ("lambda p, q: 0.5 * (p + q)", "half-and-half"),
        ("lambda p, q: torch.maximum(p, q)", "wrong"),
    ),
}
STATUSES = {"wrong", "crashed"}  # where no mistake is named


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Every test has a file of progress of its own."""
    monkeypatch.setenv(progress.PLACE, str(tmp_path / "progress.json"))


def typed(source: str) -> Callable[..., Any]:
    """The function of a source, as in a cell of a notebook that has imported what the lessons import."""
    namespace: dict[str, Any] = {"torch": torch, "numpy": numpy, "math": math, "lessons": lessons}
    if source.startswith("lambda"):
        return eval(source, namespace)
    exec(source, namespace)
    return namespace["f"]


def cases(table: dict[str, tuple]) -> list:
    return [
        pytest.param(name, entry, id=f"{name}-{place}")
        for name, entries in table.items()
        for place, entry in enumerate(entries)
    ]


def test_every_exercise_has_its_answers():
    """At least three right answers, and with the planted ones at least nine wrong ones, for each exercise."""
    assert list(RIGHT) == list(WRONG) == list(all_exercises())
    for name, exercise in all_exercises().items():
        assert len(RIGHT[name]) >= 3 and len(WRONG[name]) >= 3 and len(exercise.mistakes) >= 6, name


@pytest.mark.parametrize(("name", "source"), cases(RIGHT))
def test_a_right_answer_passes(name, source):
    """Whatever the style, and on fresh cases as well."""
    verdict = judge(with_fresh_cases(all_exercises()[name], 3), typed(source))
    assert verdict, repr(verdict)


@pytest.mark.parametrize(("name", "wrong"), cases(WRONG))
def test_a_wrong_answer_is_told_what_is_true_of_it(name, wrong):
    """By the name of its mistake; where nobody knows the mistake, none is named, and the difference or the error is."""
    source, told = wrong
    exercise = all_exercises()[name]
    verdict = judge(replace(exercise, seconds=3.0) if exercise.large else exercise, typed(source))
    assert not verdict
    if told in STATUSES:
        assert (told, None) == (verdict.status, verdict.mistake), repr(verdict)
    else:
        assert told == verdict.mistake, repr(verdict)


def simple_things(value: Any) -> Iterator[tuple[str, Any]]:
    """What can be made of an argument in one step: its parts at both ends, itself in another order, a number of it."""
    steps: dict[str, Callable[[Any], Any]] = {
        "itself": lambda value: value,
        "first": lambda value: next(iter(value)),
        "second": lambda value: list(value)[1],
        "middle": lambda value: list(value)[len(value) // 2],
        "last": lambda value: list(value)[-1],
        "sorted": lambda value: value.sort().values if isinstance(value, torch.Tensor) else sorted(value),
        "reversed": lambda value: value.flip(-1) if isinstance(value, torch.Tensor) else list(value)[::-1],
        "descending": lambda value: value.sort(descending=True).values,
        "set": lambda value: set(value.tolist() if isinstance(value, torch.Tensor) else value),
        "length": len,
        "sum": lambda value: value.sum() if isinstance(value, torch.Tensor) else sum(value),
        "mean": lambda value: value.mean() if isinstance(value, torch.Tensor) else sum(value) / len(value),
        "largest": lambda value: value.max() if isinstance(value, torch.Tensor) else max(value),
        "least": lambda value: value.min() if isinstance(value, torch.Tensor) else min(value),
        "place of the largest": lambda value: value.argmax(),
        "negative": lambda value: -value,
        "plus one": lambda value: value + 1,
        "exponential": lambda value: torch.as_tensor(value).exp(),
        "logarithm": lambda value: torch.as_tensor(value).log(),
        "normalised": lambda value: value / value.sum(),
    }
    for name, step in steps.items():
        try:
            yield name, step(value)
        except Exception:  # a step that there is not for such a value
            continue


def thoughtless(exercise: Exercise) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions that understand nothing: constants, among them every right result of another case, and one or two
    simple steps from one argument.
    """
    constants = [None, 0, 1, -1, 2, 0.5, math.inf, math.nan, True, "", [], {}, set(), torch.zeros(3)]
    constants += [exercise.answer(*case()) for case in exercise.cases[: len(exercise.cases) - exercise.large]]
    for value in constants:
        yield f"always {value!r}", lambda *given, value=value: value

    for place, argument in enumerate(exercise.cases[0]()):
        for one, made in simple_things(argument):
            for two, _ in simple_things(made):
                if "itself" in (one, two) and one != "itself":
                    continue  # the same as the other step alone

                def steps(*given: Any, place: int = place, one: str = one, two: str = two) -> Any:
                    return dict(simple_things(dict(simple_things(given[place]))[one]))[two]

                yield f"{two} of {one} of argument {place}", steps


def results(exercise: Exercise, function: Callable[..., Any]) -> bytes:
    """What a function gives on all cases but the large ones: of functions that give the same, one is judged."""
    found = []
    for case in exercise.cases[: len(exercise.cases) - exercise.large]:
        try:
            found.append(plain(function(*case())))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return pickle.dumps(found)


SLOW = {"beams-lose", "temperature-for-entropy"}  # they search; their results are the same each time


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which computes each result once."""
    known: dict[bytes, Any] = {}

    @wraps(function)
    def remembering(*given: Any) -> Any:
        key = pickle.dumps(given)
        if key not in known:
            known[key] = function(*given)
        return known[key]

    return remembering


# Two steps that are an exercise's definition, not thoughtlessness.
IS_RIGHT = {("text-log-prob", "sum of logarithm of argument 0")}
# Mistakes that one or two thoughtless steps do make, so that what is said of them is true. Of all others nothing is said.
ARE_MISTAKES = {
    "likeliest-token": {"flat"},
    "next-probabilities": {"no-softmax"},
    "text-log-prob": {"not_summed", "last-token", "log-of-sum", "mean"},
    "length-penalty": {"undivided", "no-effect"},
    "forbidden-tokens": {"all-said"},
    "beams-lose": {"never"},
    "tempered": {"no-effect"},
    "perplexity-from-losses": {"last-batch", "batches-alike", "mean-of-perplexities"},
    "choose-a-decoder": {"last"},
    "mistaken-correction": {"of-the-draft", "still-p"},
}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_what_understands_nothing_never_passes(exercise):
    """Constants, first, last, the input itself, sorted, reversed, and what two such steps make, on every exercise; and
    no mistake is named that they do not make.
    """
    if exercise.name in SLOW:
        mistakes = {name: remembered(wrong) for name, wrong in exercise.mistakes.items()}
        exercise = replace(exercise, answer=remembered(exercise.answer), mistakes=mistakes)
    distinct = {}
    for name, function in thoughtless(exercise):
        distinct.setdefault(results(exercise, function), (name, function))
    verdicts = {name: judge(exercise, function) for name, function in distinct.values()}
    assert len(verdicts) >= 20
    assert {name for name, verdict in verdicts.items() if verdict} == {
        name for of, name in IS_RIGHT if of == exercise.name
    }
    assert {verdict.mistake for verdict in verdicts.values()} - {None} == ARE_MISTAKES.get(exercise.name, set())
