"""Draws training batches that are balanced over tasks and sources, from texts as people type them."""

import random
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from corpus import LANGUAGE, PARALLEL, TRAIN, Corpus, is_multi, single_labels

BOS_ID, PAD_ID, EOS_ID = 0, 1, 2


def fold_capitals(text: str) -> str:
    """A text written in capitals, in small letters: else it breaks into pieces that hardly any training text had.

    That is one with at least four capital letters and at most one small letter for four of them. `src/predictor/capitals.ts` does the
    same to what a bundle with `fold_capitals` scores.
    """
    capitals = sum(character.lower() != character for character in text)
    if capitals < 4:
        return text
    small = sum(character.upper() != character for character in text)
    return text.replace("İ", "i").lower() if small * 4 <= capitals else text


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Ids without special tokens of what the model reads of each text."""
    encodings = tokenizer.encode_batch([fold_capitals(text) for text in texts], add_special_tokens=False)
    return [encoding.ids for encoding in encodings]


def strip_marks(text: str) -> str:
    plain = "".join(character for character in unicodedata.normalize("NFD", text) if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", plain).replace("đ", "d").replace("ı", "i")


def mistype(text: str, rng: random.Random, slips: int | None = None) -> str:
    """A letter left out, doubled or swapped with the next: so many times, or once in 20 letters and at least once."""
    characters = list(text)
    for _ in range(max(1, round(len(characters) / 20)) if slips is None else slips):
        at = rng.randrange(len(characters) - 1) if len(characters) > 2 else 0
        kind = rng.randrange(3)
        if kind == 0 and len(characters) > 2:
            del characters[at]
        elif kind == 1 and characters:
            characters.insert(at, characters[at])
        else:
            characters[at : at + 2] = characters[at : at + 2][::-1]
    return "".join(characters)


# How people write, apart from what they mean.
NOISE = {
    "upper": lambda text, rng: text.upper(),
    "lower": lambda text, rng: text.lower(),
    "exclaim": lambda text, rng: text.rstrip(".!") + rng.choice(["!", "!!", "!!!"]),
    "full_stop": lambda text, rng: text.rstrip(".!") + ".",
    "unpunctuated": lambda text, rng: "".join(" " if unicodedata.category(c).startswith("P") and c not in "'’" else c for c in text),
    "typos": mistype,
    "unaccented": lambda text, rng: strip_marks(text),
}
# The marks of these languages are vowels and tones: a text without them is no text.
MARKS_ARE_LETTERS = ("hi", "th", "ar", "ja", "ko", "zh")


def disturb(text: str, shares: dict[str, float], rng: random.Random) -> str:
    place = rng.random()
    for name, share in shares.items():
        if place < share:
            return NOISE[name](text, rng) or text
        place -= share
    return text


class Encoded:
    """The ids of every text of a corpus as it stands, kept in the work directory: most texts that are drawn are not disturbed."""

    def __init__(self, work: Path, corpus: Corpus, tokenizer: Tokenizer) -> None:
        path = work / "ids.npz"
        if not path.exists():
            lengths, parts = [0], []
            for start in range(0, len(corpus.texts), 65536):
                ids = encode(tokenizer, corpus.texts[start : start + 65536])
                lengths += map(len, ids)
                parts.append(np.array([number for text in ids for number in text], np.int32))
            np.savez(path.with_suffix(".part.npz"), flat=np.concatenate(parts), starts=np.cumsum(lengths))
            path.with_suffix(".part.npz").rename(path)
        kept = np.load(path)
        self.flat, self.starts = kept["flat"], kept["starts"]

    def __getitem__(self, row: int) -> np.ndarray:
        return self.flat[self.starts[row] : self.starts[row + 1]]


def collate(texts: Sequence[Sequence[int]], longest: int) -> tuple[Tensor, Tensor]:
    """input_ids and attention_mask, int64 [B, T], with special tokens; T is the longest text's length."""
    length = min(longest, 2 + max(map(len, texts)))
    ids = np.full((len(texts), length), PAD_ID, np.int64)
    mask = np.zeros((len(texts), length), np.int64)
    for row, text in enumerate(texts):
        count = min(len(text), length - 2)
        ids[row, 0], ids[row, 1 : count + 1], ids[row, count + 1] = BOS_ID, text[:count], EOS_ID
        mask[row, : count + 2] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)


def cut(lengths: list[int], batch_tokens: int, batch_rows: int, longest: int) -> list[list[int]]:
    """Places sorted by length and cut into batches of at most so many padded tokens and rows."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    batches: list[list[int]] = []
    for place in order:
        padded = min(lengths[place] + 2, longest)
        if batches and len(batches[-1]) < batch_rows and padded * (len(batches[-1]) + 1) <= batch_tokens:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches


def in_batches(tokenizer: Tokenizer, texts: list[str], batch_tokens: int, longest: int) -> Iterator[tuple[list[int], Tensor, Tensor]]:
    """All texts once: (their places, ids, mask)."""
    for start in range(0, len(texts), 65536):
        part = texts[start : start + 65536]
        ids = encode(tokenizer, part)
        for batch in cut([len(each) for each in ids], batch_tokens, 512, longest):
            yield [start + place for place in batch], *collate([ids[place] for place in batch], longest)


class Sampler:
    """Endless training batches of texts of about the same length."""

    def __init__(
        self,
        corpus: Corpus,
        tokenizer: Tokenizer,
        encoded: Encoded,
        config: dict,
        clean: float,
        seed: int,
        only: np.ndarray | None = None,
    ) -> None:
        """`clean`: share of rows labelled by the definitions. `only`: bool [rows], those that may be drawn."""
        self.corpus, self.tokenizer, self.encoded, self.settings = corpus, tokenizer, encoded, config["sampling"]
        self.rng = np.random.default_rng(seed)
        self.noise = random.Random(seed)
        tasks, columns = config["tasks"], corpus.columns
        factor = np.array([self.settings["factor"].get(name, 1.0) for name in corpus.sources])
        allowed = np.ones(len(corpus.texts), bool) if only is None else only
        self.pools: list[tuple[float, np.ndarray, np.ndarray]] = []

        def add(share: float, rows: np.ndarray, weight: np.ndarray) -> None:
            if len(rows) and share > 0:
                self.pools.append((share, rows, np.cumsum(weight) / weight.sum()))

        rows = np.flatnonzero((columns["split"] == TRAIN) & columns["clean"] & allowed)
        add(clean, rows, rarity(corpus, rows, tasks) ** -self.settings["rare"])
        for task, share in self.settings["share"].items():
            eligible = columns["split"] == (PARALLEL if task == LANGUAGE else TRAIN)
            if task == LANGUAGE:  # with it the texts of other languages
                eligible |= (columns["split"] == TRAIN) & (columns["source"] == self.number("written_other"))
            rows = np.flatnonzero(eligible & ~columns["clean"] & allowed & corpus.labelled(task))
            stratum = columns["source"][rows].astype(np.int64) * 1000 + columns["language"][rows]
            _, inverse, counts = np.unique(stratum, return_inverse=True, return_counts=True)
            weight = counts[inverse] ** (self.settings["temper"] - 1.0) * factor[columns["source"][rows]]
            if not is_multi(tasks[task]):
                # Within a source, labels move towards equal shares: else "a Russian text about a bank" means neutral.
                label = columns["task_" + task][rows]
                _, cell, cell_counts = np.unique(np.stack([inverse, label]), axis=1, return_inverse=True, return_counts=True)
                weight = weight * np.maximum(cell_counts[cell] / counts[inverse], 0.02) ** -0.5
            add((1 - clean) * share, rows, weight)

    def number(self, source: str) -> int:
        return self.corpus.sources.index(source) if source in self.corpus.sources else -1

    def draw(self, count: int) -> np.ndarray:
        total = sum(share for share, _, _ in self.pools)
        parts = [rows[np.searchsorted(places, self.rng.random(round(count * share / total)))] for share, rows, places in self.pools]
        return self.rng.permutation(np.concatenate(parts))  # or texts of one length would come pool by pool

    def batches(self, batch_tokens: int, longest: int) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
        """(row numbers, input_ids, attention_mask)."""
        corpus, languages = self.corpus, self.corpus.languages
        while True:
            rows = self.draw(self.settings["draw_rows"])
            ids: list[Sequence[int]] = [self.encoded[row] for row in rows]
            changed = {}
            for place, row in enumerate(rows):
                shares = self.settings["noise"]
                if languages[corpus.columns["language"][row]] in MARKS_ARE_LETTERS:
                    shares = {name: share for name, share in shares.items() if name != "unaccented"}
                text = disturb(corpus.texts[row], shares, self.noise)
                if text is not corpus.texts[row]:
                    changed[place] = text
            for place, encoded in zip(changed, encode(self.tokenizer, list(changed.values())), strict=True):
                ids[place] = encoded
            batches = cut([len(each) for each in ids], batch_tokens, self.settings["batch_rows"], longest)
            for index in self.rng.permutation(len(batches)):
                batch = batches[index]
                yield rows[batch], *collate([ids[place] for place in batch], longest)


def rarity(corpus: Corpus, rows: np.ndarray, tasks: dict) -> np.ndarray:
    """Float [rows]: the share among `rows` of the rarest label that each has, over all tasks but the language's."""
    rarest = np.ones(len(rows))
    for task, about in tasks.items():
        if task == LANGUAGE:
            continue
        column = corpus.columns["task_" + task][rows]
        if is_multi(about):
            shares = np.maximum((column == 1).mean(0), 1 / max(1, len(rows)))
            rarest = np.minimum(rarest, np.where(column == 1, shares, 1.0).min(1))
        else:
            labels = single_labels(column)
            shares = np.bincount(labels + 1, minlength=len(about["labels"]) + 1) / len(rows)
            rarest = np.where(labels >= 0, np.minimum(rarest, shares[labels + 1]), rarest)
    return np.maximum(rarest, 1e-3)
