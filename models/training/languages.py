"""Step 8, languages: the directions in which a bundle's sentence vectors of translations differ, for `voxpop teach`.

Reads parallel.tsv.xz of the data. Writes directions.safetensors into a bundle and names it in bundle.json: what is taught
in one language is then less tied to it. Run it by itself for a bundle that is there: --bundle DIR --data DATA.
"""

import argparse
import json
import lzma
import random
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from batches import BOS_ID, EOS_ID, PAD_ID, encode
from bundle import describe_file
from static_int8 import open_session

NAME = "directions.safetensors"
SOURCE = "tatoeba"  # short sentences about anything, as comments are short
PAIRS = 400  # per language
CHARACTERS = (10, 150)  # of each of the two texts
DIRECTIONS = 128
# What is added to the differences' variance, as a share of its mean, before vectors are divided by its root.
SHARE = 0.1
SEED = 1
BATCH = 32


def read_pairs(data: Path) -> list[tuple[str, str]]:
    by_language: dict[str, list[tuple[str, str]]] = {}
    with lzma.open(data / "parallel.tsv.xz", "rt", encoding="utf-8") as file:
        for line in file:
            language, source, *texts = line.rstrip("\n").split("\t")
            if source == SOURCE and len(texts) == 2 and all(CHARACTERS[0] <= len(text) < CHARACTERS[1] for text in texts):
                by_language.setdefault(language, []).append((texts[0], texts[1]))
    rng = random.Random(SEED)
    return [pair for language in sorted(by_language) for pair in rng.sample(by_language[language], min(PAIRS, len(by_language[language])))]


def vectors_of(bundle: Path, about: dict, texts: list[str]) -> np.ndarray:
    """float32 [texts, size]"""
    tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
    session = open_session(bundle / "model.onnx")
    longest = about["max_length"] - 2
    ids = [[BOS_ID, *each[:longest], EOS_ID] for each in encode(tokenizer, texts)]
    found = np.zeros((len(texts), about["vectors"]["size"]), np.float32)
    order = sorted(range(len(texts)), key=lambda place: len(ids[place]))
    for start in range(0, len(order), BATCH):
        places = order[start : start + BATCH]
        feed = np.full((len(places), len(ids[places[-1]])), PAD_ID, np.int64)
        for row, place in enumerate(places):
            feed[row, : len(ids[place])] = ids[place]
        real = (np.arange(feed.shape[1]) < np.array([[len(ids[place])] for place in places])).astype(np.int64)
        found[places] = session.run([about["vectors"]["output"]], {"input_ids": feed, "attention_mask": real})[0]
    return found


def directions_of(differences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(axes float32 [directions, size], what is kept along each): the first axes of whitening, the others counting as one."""
    differences = differences.astype(np.float64)
    variances, axes = np.linalg.eigh(differences.T @ differences / (2 * len(differences)))
    count = min(DIRECTIONS, len(variances))
    floor = SHARE * variances.mean()
    first = variances[::-1][:count]
    kept = np.sqrt((first[-1] + floor) / (first + floor))
    return np.ascontiguousarray(axes[:, ::-1][:, :count].T, np.float32), kept.astype(np.float32)


def build(bundle: Path, data: Path) -> None:
    about = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    pairs = read_pairs(data)
    if not pairs:
        print(f"{bundle.name}: no translations from {SOURCE}, so no directions", file=sys.stderr)
        return
    vectors = vectors_of(bundle, about, [text for pair in pairs for text in pair])
    axes, kept = directions_of(vectors[::2] - vectors[1::2])
    save_file({"directions": axes, "directions_kept": kept}, bundle / NAME)
    about["files"] = [file for file in about["files"] if file["path"] != NAME] + [describe_file(bundle / NAME)]
    about["vectors"]["directions"] = NAME
    (bundle / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{bundle.name}: {len(kept)} directions from {len(pairs)} translations, {kept.min():.2f} kept of the first", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    build(given.bundle, given.data)


if __name__ == "__main__":
    main()
