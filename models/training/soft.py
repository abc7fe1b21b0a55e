"""Step 4, soft: the teacher's scores and vectors of many texts, kept for the students.

The texts are all that the definitions label, and others as training draws them (labelled by the sources, translations), each once, up to
`soft.tokens`. Writes soft/NUMBER.npz of `soft.part_rows` rows each to the work directory; parts that are there are not made again.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from batches import Sampler, encode
from corpus import TRAIN, Corpus
from settings import arguments, load
from training import device, load_model, predict


def choose(corpus: Corpus, tokenizer: Tokenizer, config: dict) -> np.ndarray:
    """Row numbers in the order in which they are scored: a mixture at every point, so that a part is a sample of the whole."""
    settings = config["soft"]
    clean = corpus.rows(TRAIN, clean=True)
    rng = np.random.default_rng(settings["seed"])
    sampler = Sampler(corpus, tokenizer, config, 0.0, settings["seed"])
    others, seen, tokens = [], set(), 0
    while tokens < settings["tokens"]:
        fresh = [row for row in dict.fromkeys(sampler.draw(4096).tolist()) if row not in seen]
        if not fresh:
            break
        seen.update(fresh)
        for row, ids in zip(fresh, encode(tokenizer, [corpus.texts[row] for row in fresh]), strict=True):
            if len(ids) <= settings["max_length"] - 2:
                others.append(row)
                tokens += len(ids) + 2
    # Those labelled by the definitions come first: every student needs them.
    return np.concatenate([rng.permutation(clean), np.array(others, np.int64)])


def score(work: Path, config: dict, threads: int) -> None:
    torch.set_num_threads(threads)
    settings = config["soft"]
    corpus = Corpus.load(work)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    folder = work / "soft"
    folder.mkdir(exist_ok=True)
    rows = choose(corpus, tokenizer, config)
    model = load_model(config, work / "teacher" / "model.pt", config["teacher"]).to(device()).eval()
    if config["model"]["compile"]:
        model.compile_layers()
    started = time.monotonic()
    for number, start in enumerate(range(0, len(rows), settings["part_rows"])):
        path = folder / f"{number:03}.npz"
        if path.exists():
            continue
        part = rows[start : start + settings["part_rows"]]
        logits, vectors = predict(model, tokenizer, [corpus.texts[row] for row in part], settings["max_length"])
        half = {"task_" + task: values.astype(np.float16) for task, values in logits.items()}
        np.savez(path.with_suffix(".part.npz"), rows=part, vectors=vectors[:, : model.shape.width].astype(np.float16), **half)
        path.with_suffix(".part.npz").rename(path)
        print(f"{start + len(part)} of {len(rows)} texts, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    parser = arguments(__doc__, with_tier=False, with_threads=True)
    given = parser.parse_args()
    score(given.work, load(given.config), given.threads)


if __name__ == "__main__":
    main()
