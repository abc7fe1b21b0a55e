"""Which languages each piece speaks for: a table of scores, a text's language being their mean over its pieces.

Part of the step before training (pretrained.py), from the languages of all train texts and translations.
"""

import sys

import numpy as np
import torch
from torch.nn import functional as F

from batches import Corpus, collate
from corpus import DEV, PARALLEL, TRAIN, UNLABELLED


def fit(corpus: Corpus, pieces: int, settings: dict) -> torch.Tensor:
    """float32 [pieces, languages], by softmax regression; languages come in equal shares."""
    columns = corpus.columns
    count = int(columns["language"].max()) + 1
    usable = np.isin(columns["split"], (TRAIN, PARALLEL)) & (columns["language"] != UNLABELLED) & (np.diff(corpus.offsets) > 0)
    rows = np.flatnonzero(usable)
    rng = np.random.default_rng(settings["seed"])
    share = 1 / np.bincount(columns["language"][rows], minlength=count)[columns["language"][rows]]
    share /= share.sum()
    torch.manual_seed(settings["seed"])
    table = torch.nn.EmbeddingBag(pieces, count, mode="mean", padding_idx=0, sparse=True)
    torch.nn.init.zeros_(table.weight)
    optimiser = torch.optim.SparseAdam(table.parameters(), lr=settings["language_learning_rate"])
    steps = settings["language_steps"]
    for step in range(steps):
        chosen = rng.choice(rows, 1024, p=share)
        ids, _ = collate([corpus.tokens(row, noisy=rng.random() < 0.5) for row in chosen], 40)
        loss = F.cross_entropy(table(ids), torch.from_numpy(columns["language"][chosen].astype(np.int64)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.param_groups[0]["lr"] = settings["language_learning_rate"] * (1 - step / steps)
        optimiser.step()
    dev = np.flatnonzero((columns["split"] == DEV) & (columns["language"] != UNLABELLED))
    dev = rng.permutation(dev)[:20000]
    with torch.inference_mode():
        ids, _ = collate([corpus.tokens(row) for row in dev], 128)
        right = (table(ids).argmax(-1).numpy() == columns["language"][dev]).mean()
    print(f"language from pieces alone: {right:.4f} of {len(dev)} dev texts", file=sys.stderr, flush=True)
    return table.weight.detach()
