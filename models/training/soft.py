"""Step 4, soft: the teacher's scores and vectors of many texts, and the pretrained encoder's vectors, kept for the students.

The texts are all that the definitions label, and others as training draws them (labelled by the sources, translations), each once, up to
`soft.tokens`. Writes soft/NUMBER.npz of `soft.part_rows` rows each to the work directory; parts that are there are not made again.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from batches import Encoded, Sampler
from corpus import TRAIN, Corpus
from model import Model, load_encoder
from settings import arguments, load
from training import load_model, predict, prepare, shape_of


def choose(corpus: Corpus, tokenizer: Tokenizer, encoded: Encoded, config: dict) -> np.ndarray:
    """Row numbers in the order in which they are scored: a mixture at every point, so that a part is a sample of the whole."""
    settings = config["soft"]
    clean = corpus.rows(TRAIN, clean=True)
    rng = np.random.default_rng(settings["seed"])
    sampler = Sampler(corpus, tokenizer, encoded, config, 0.0, settings["seed"])
    others, seen, tokens = [], set(), 0
    while tokens < settings["tokens"]:
        fresh = [row for row in dict.fromkeys(sampler.draw(4096).tolist()) if row not in seen]
        if not fresh:
            break
        seen.update(fresh)
        for row in fresh:
            length = len(encoded[row]) + 2
            if length <= settings["max_length"]:
                others.append(row)
                tokens += length
    # Those labelled by the definitions come first: every student needs them.
    return np.concatenate([rng.permutation(clean), np.array(others, np.int64)])


def untrained(work: Path, config: dict) -> Model:
    """The pretrained encoder itself."""
    encoder = torch.load(work / "encoder.pt", weights_only=True)["weights"]
    model = Model(shape_of(config, len(encoder["words.weight"]), config["teacher"]))
    load_encoder(model, encoder, list(range(config["teacher"]["layers"])))
    return model


def score(work: Path, config: dict, threads: int) -> None:
    torch.set_num_threads(threads)
    settings = config["soft"]
    corpus = Corpus.load(work)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    folder = work / "soft"
    folder.mkdir(exist_ok=True)
    rows = choose(corpus, tokenizer, Encoded(work, corpus, tokenizer), config)
    taught = prepare(load_model(config, work / "teacher" / "model.pt", config["teacher"]), config).eval()
    plain = prepare(untrained(work, config), config).eval()
    started = time.monotonic()
    for number, start in enumerate(range(0, len(rows), settings["part_rows"])):
        path = folder / f"{number:03}.npz"
        if path.exists():
            continue
        part = rows[start : start + settings["part_rows"]]
        texts, length, width = [corpus.texts[row] for row in part], settings["max_length"], config["model"]["width"]
        logits, vectors = predict(taught, tokenizer, texts, length, settings["batch_tokens"])
        half = {"task_" + task: values.astype(np.float16) for task, values in logits.items()}
        half["vectors"] = vectors[:, :width].astype(np.float16)
        half["plain"] = predict(plain, tokenizer, texts, length, settings["batch_tokens"])[1][:, :width].astype(np.float16)
        np.savez(path.with_suffix(".part.npz"), rows=part, **half)
        path.with_suffix(".part.npz").rename(path)
        print(f"{start + len(part)} of {len(rows)} texts, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    parser = arguments(__doc__, with_tier=False, with_threads=True)
    given = parser.parse_args()
    score(given.work, load(given.config), given.threads)


if __name__ == "__main__":
    main()
