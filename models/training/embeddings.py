"""Step 3, embeddings: CBOW over token ids with translations interleaved, so that words of the same
meaning start close together in all languages. Labels of one language then help the others.

Writes embeddings.npy, float32 [pieces, width].
"""

import sys
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec
from tokenizers import Tokenizer

from batches import Corpus
from corpus import HELD_OUT, TEST
from settings import arguments, load

LINE = 9000  # gensim cuts sentences at 10,000 words


def interleave(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Merges two texts by relative position: word order differs, but meaning stays in the window."""
    places = np.concatenate([(np.arange(len(left)) + 0.5) / len(left), (np.arange(len(right)) + 0.5) / len(right)])
    return np.concatenate([left, right])[np.argsort(places, kind="stable")]


def write_lines(corpus: Corpus, path: Path, seed: int) -> int:
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero(~np.isin(corpus.columns["split"], (TEST, HELD_OUT)) & (np.diff(corpus.offsets) > 0))
    groups = corpus.columns["group"]
    lines = [corpus.tokens(row) for row in usable if groups[row] < 0]
    grouped = usable[groups[usable] >= 0]
    grouped = grouped[np.argsort(groups[grouped], kind="stable")]
    for members in np.split(grouped, np.flatnonzero(np.diff(groups[grouped])) + 1):
        members = rng.permutation(members)
        # Every text twice, beside two different partners: a ring over the languages of the group.
        lines += [interleave(corpus.tokens(a), corpus.tokens(b)) for a, b in zip(members, np.roll(members, 1), strict=True)]
    with path.open("w", encoding="ascii") as file:
        for index in rng.permutation(len(lines)):
            file.write(" ".join(map(str, lines[index][:LINE])) + "\n")
    return sum(map(len, lines))


def build(work: Path, config: dict) -> None:
    settings = config["embeddings"]
    corpus = Corpus.load(work)
    lines = work / "cbow.txt"
    tokens = write_lines(corpus, lines, settings["seed"])
    print(f"{tokens} tokens", file=sys.stderr)
    model = Word2Vec(
        corpus_file=str(lines),
        vector_size=settings["width"],
        window=settings["window"],
        epochs=settings["epochs"],
        negative=settings["negative"],
        sg=0,
        cbow_mean=1,
        min_count=3,
        sample=1e-4,
        workers=2,
        seed=settings["seed"],
    )
    pieces = Tokenizer.from_file(str(work / "tokenizer.json")).get_vocab_size()
    vectors = np.random.default_rng(settings["seed"]).normal(0, 0.02, (pieces, settings["width"])).astype(np.float32)
    for word, index in model.wv.key_to_index.items():
        vectors[int(word)] = model.wv.vectors[index]
    vectors -= vectors.mean(0)
    vectors *= settings["scale"] / vectors[4:].std()
    np.save(work / "embeddings.npy", vectors)
    lines.unlink()


def main() -> None:
    given = arguments(__doc__, with_tier=False).parse_args()
    build(given.work, load(given.config))


if __name__ == "__main__":
    main()
