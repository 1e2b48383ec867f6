"""CARD.md: what the model has read, how it learned, how good it is, what it writes, and what it must not be used
for."""

import hashlib
from pathlib import Path

import torch

PROMPTS = (
    "Once upon a time there was",
    "The king said to his daughter,",
    "In the middle of the forest",
    '"Who are you?" asked the little girl.',
    "When the sun went down, the fox",
    "The old woman had three sons.",
    "They sailed for seven days",
    "It was Christmas Eve, and",
    "The dragon opened one eye",
    "At last the prince",
)


def write_card(run, folder: Path) -> str:
    """Write CARD.md into the model's folder and return its text. `run` is the finished `train_model.Run`."""
    model, arguments, corpus = run.model, run.arguments, run.corpus
    weights = folder / "model.safetensors"
    checksum = hashlib.sha256(weights.read_bytes()).hexdigest()
    last = run.history[-1]
    card = f"""# Model card

A small GPT-2 for lessons about decoding: {model.num_parameters():,} parameters ({arguments.layers} layers, {arguments.width} wide,
{arguments.heads} heads, context {arguments.context}), byte-level BPE tokenizer of {len(corpus.tokenizer):,} tokens, `<|endoftext|>`
before and after each text.

**Bits per byte on the validation books: {last["bits_per_byte"]:.3f}**, after {run.tokens_seen:,} tokens. The books are whole books that the model has not
read; they are scored in blocks of {arguments.context} tokens, each token once, with nothing before the block known.

## Data

Public-domain books for children, from Project Gutenberg's plain texts. {len(corpus.train):,} training tokens, {len(corpus.validation):,} for validation.

{book_table(corpus.books)}

## Recipe

    python tools/train_model.py FOLDER --tokens {arguments.tokens:g} --layers {arguments.layers} --width {arguments.width} --heads {arguments.heads} \\
        --context {arguments.context} --vocabulary {arguments.vocabulary} --batch {arguments.batch} --learning-rate {arguments.learning_rate:g} --decay {arguments.decay:g} --seed {arguments.seed}

Muon for the matrices of the layers, AdamW for embeddings, norms and biases; learning rate {arguments.learning_rate:g}, constant, then a straight line to zero over the
last {arguments.decay:.0%} of the tokens; no dropout; bfloat16 autocast on {arguments.device}. {run.seconds / 60:.0f} minutes in all, {run.tokens_seen / max(run.seconds, 1):,.0f} tokens a second.

| tokens seen | minutes | bits per byte |
|---|---|---|
{curve(run.history)}

## Samples

Ten texts drawn with seeds 0 to 9, temperature 0.8 and top-p 0.95.

{samples(model, corpus.tokenizer)}

## Limits

It writes old-fashioned storybook English for a sentence or two and loses the thread soon after. It knows no facts, no dialogue turns, no instructions, and
no other language: Hangul and emoji are read byte by byte and never written. The books are a hundred years old and older, and so are
their views of peoples, women and servants; the model may repeat them. It is made for studying how text is chosen from probabilities, and for nothing else.

## Licence

Weights and tokenizer: MIT, as all of `lessons`. The books are in the public domain in the United States.

sha256 of `model.safetensors` ({weights.stat().st_size:,} bytes): `{checksum}`
"""
    (folder / "CARD.md").write_text(card, encoding="utf8")
    return card


def book_table(books: dict[tuple[str, str, str], int]) -> str:
    """Authors with their books, training and validation apart."""
    by_author: dict[tuple[str, str], list[str]] = {}
    for split, author, title in sorted(books):
        by_author.setdefault((split, author or "unknown"), []).append(title)
    rows = [f"| {split} | {author} | {'; '.join(titles)} |" for (split, author), titles in by_author.items()]
    return "\n".join(["| split | author | titles |", "|---|---|---|", *rows])


def curve(history: list[dict[str, float]]) -> str:
    """The history as the rows of a table."""
    return "\n".join(f"| {row['tokens']:,} | {row['minutes']:.0f} | {row['bits_per_byte']:.3f} |" for row in history)


@torch.no_grad()
def samples(model: torch.nn.Module, tokenizer: object, length: int = 70) -> str:
    """One seeded sample for each prompt, as quoted paragraphs; at the end of a text the sample ends."""
    texts, end = [], tokenizer.eos_token_id
    for seed, prompt in enumerate(PROMPTS):
        torch.manual_seed(seed)
        context = model.config.n_positions
        ids = torch.tensor([[end, *tokenizer(prompt)["input_ids"]][: context // 2]], device=model.device)
        output = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=min(length, context // 2),
            do_sample=True,
            temperature=0.8,
            top_k=0,
            top_p=0.95,
            eos_token_id=end,
            pad_token_id=end,
        )
        text = tokenizer.decode(output[0, 1:], skip_special_tokens=True).strip().replace("\n", "\n>\n> ")
        texts.append(f"{seed}. > {text}")
    return "\n\n".join(texts)
