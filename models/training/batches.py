"""Reads the encoded corpus, and draws training batches that are balanced over tasks and sources."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from corpus import EXTRA_LANGUAGES, PARALLEL, TRAIN, UNLABELLED

PAD_ID, BOS_ID, EOS_ID, UNK_ID = 0, 1, 2, 3
SINGLE = ("sentiment", "actionability", "language")
MULTI = ("emotion", "topic")


@dataclass
class Corpus:
    columns: dict[str, np.ndarray]
    ids: np.ndarray
    offsets: np.ndarray
    noisy_of: dict[int, int]
    noisy_ids: np.ndarray
    noisy_offsets: np.ndarray
    sources: list[str]
    languages: list[str]
    no_neutral: np.ndarray  # per source: its sentiment labels have no neutral class

    @classmethod
    def load(cls, work: Path) -> "Corpus":
        columns = dict(np.load(work / "rows.npz"))
        encoded = np.load(work / "ids.npz")
        about = json.loads((work / "sources.json").read_text(encoding="utf-8"))
        class_count = len(about["languages"]) - len(EXTRA_LANGUAGES)
        columns["language_code"] = columns["language"]
        columns["language"] = np.where(columns["language"] < class_count, columns["language"], UNLABELLED)
        no_neutral = ["neutral" not in about["labels"][name].get("sentiment", ["neutral"]) for name in about["names"]]
        noisy_of = {int(row): position for position, row in enumerate(encoded["noisy_rows"])}
        return cls(
            columns,
            encoded["ids"],
            encoded["offsets"],
            noisy_of,
            encoded["noisy_ids"],
            encoded["noisy_offsets"],
            about["names"],
            about["languages"],
            np.array(no_neutral),
        )

    def tokens(self, row: int, noisy: bool = False) -> np.ndarray:
        if noisy and row in self.noisy_of:
            at = self.noisy_of[row]
            return self.noisy_ids[self.noisy_offsets[at] : self.noisy_offsets[at + 1]]
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    def labelled(self, task: str) -> np.ndarray:
        column = self.columns[task]
        return (column != UNLABELLED).any(-1) if column.ndim == 2 else column != UNLABELLED


def collate(texts: list[np.ndarray], longest: int, special: tuple[int, int, int] = (PAD_ID, BOS_ID, EOS_ID)) -> tuple[Tensor, Tensor]:
    """input_ids and attention_mask, int64 [B, T], with special tokens; T is the longest text's length."""
    pad, begin, end = special
    length = min(longest, 2 + max(len(text) for text in texts))
    ids = np.full((len(texts), length), pad, np.int64)
    mask = np.zeros((len(texts), length), np.int64)
    for row, text in enumerate(texts):
        text = text[: length - 2]
        ids[row, : len(text) + 2] = [begin, *text, end]
        mask[row, : len(text) + 2] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def eval_batches(corpus: Corpus, rows: np.ndarray, batch_tokens: int, longest: int) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
    """All of `rows`, sorted by length: (row numbers, ids, mask)."""
    lengths = np.minimum(corpus.offsets[rows + 1] - corpus.offsets[rows], longest - 2) + 2
    order = rows[np.argsort(lengths, kind="stable")]
    lengths = np.sort(lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and lengths[stop] * (stop + 1 - start) <= batch_tokens:
            stop += 1
        chosen = order[start:stop]
        yield chosen, *collate([corpus.tokens(row) for row in chosen], longest)
        start = stop


class Sampler:
    """Endless training batches of texts of about the same length."""

    def __init__(self, corpus: Corpus, config: dict, seed: int) -> None:
        self.corpus = corpus
        self.settings = config["train"]
        self.rng = np.random.default_rng(seed)
        self.translations = 1.0  # factor on the share of the unlabelled translations
        columns = corpus.columns
        sources = self.settings["sources"]
        self.smoothing = np.array([sources["smoothing"].get(name, 0.02) for name in corpus.sources], np.float32)
        factor = np.array([sources["factor"].get(name, 1.0) for name in corpus.sources])
        self.pools: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for task in self.settings["share"]:
            eligible = columns["split"] == TRAIN
            if task == "language":  # the unlabelled translations: language, and soft labels later
                eligible = columns["split"] == PARALLEL
            rows = np.flatnonzero(eligible & corpus.labelled(task))
            if len(rows) == 0:
                continue
            stratum = columns["source"][rows].astype(np.int64) * 64 + columns["language_code"][rows]
            _, inverse, counts = np.unique(stratum, return_inverse=True, return_counts=True)
            weight = counts[inverse] ** (sources["temper"] - 1.0) * factor[columns["source"][rows]]
            if task in SINGLE:
                label = columns[task][rows].astype(np.int64)
                # Within a source, classes move towards equal shares: else "a Russian text about a bank" means neutral.
                _, cell, cell_counts = np.unique(inverse * 64 + label, return_inverse=True, return_counts=True)
                within = np.maximum(cell_counts[cell] / counts[inverse], 0.02) ** -self.settings["source_class_temper"]
                weight = weight * within / (np.bincount(inverse, weights=within)[inverse] / counts[inverse])
                # Over all, rare classes come more often: every class counts alike in macro-F1.
                shares = np.bincount(label, weights=weight)
                weight = weight * (shares[label] / shares.sum()) ** -self.settings["class_temper"]
            self.pools[task] = (rows, np.cumsum(weight) / weight.sum())

    def add_transfer(self, rows: np.ndarray, likely: np.ndarray) -> None:
        """Adds a pool of translations whose soft label for actionability is used, classes in about equal shares.

        Unbalanced, nearly all of them are `none`, and the model learns that a language without labels means `none`.
        """
        weight = np.bincount(likely)[likely] ** -0.9
        self.pools["transfer"] = (rows, np.cumsum(weight) / weight.sum())

    def draw(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers, and for each whether it was drawn for transfer."""
        rows, transfer = [], []
        shares = self.settings["share"] | {"transfer": self.settings["transfer_share"]}
        shares["language"] *= self.translations
        total = sum(shares[task] for task in self.pools)
        for task, (pool, cumulative) in self.pools.items():
            share = shares[task] / total
            chosen = pool[np.searchsorted(cumulative, self.rng.random(int(round(count * share))))]
            rows.append(chosen)
            transfer.append(np.full(len(chosen), task == "transfer"))
        order = self.rng.permutation(sum(map(len, rows)))  # or texts of one length would come task by task
        return np.concatenate(rows)[order], np.concatenate(transfer)[order]

    def batches(self, batch_tokens: int, longest: int) -> Iterator[tuple[np.ndarray, np.ndarray, Tensor, Tensor]]:
        """(row numbers, drawn for transfer, input_ids, attention_mask), with tokens dropped at random."""
        corpus = self.corpus
        while True:
            rows, transfer = self.draw(self.settings["draw_rows"])
            texts = [corpus.tokens(row, noisy=self.rng.random() < 0.5)[: longest - 2] for row in rows]
            order = sorted(range(len(rows)), key=lambda index: len(texts[index]))
            batches, start = [], 0
            while start < len(order):
                stop = start + 1
                while stop < len(order) and stop - start < self.settings["batch_rows"]:
                    if (len(texts[order[stop]]) + 2) * (stop + 1 - start) > batch_tokens:
                        break
                    stop += 1
                batches.append(order[start:stop])
                start = stop
            for index in self.rng.permutation(len(batches)):
                batch = batches[index]
                ids, mask = collate([texts[i] for i in batch], longest)
                dropped = torch.from_numpy(self.rng.random(ids.shape) < self.settings["token_dropout"])
                ids = torch.where(dropped & (ids > UNK_ID), UNK_ID, ids)
                yield rows[batch], transfer[batch], ids, mask
