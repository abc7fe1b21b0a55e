"""Step 5b, phrases: a model of pieces and pairs of pieces, trained apart from the encoder and added to it by compress.py.

An encoder and n-grams err in different places, so the mean of their scores is better than either, on known sources and on
unseen ones. Trained as one model they are not: what one has learned the other does not learn again.

Writes phrases.pt into the tier's folder: the teacher, which is not shipped, has room for more of them.
"""

import copy
import sys
import time
from pathlib import Path

import numpy as np
import torch

from batches import SINGLE, Corpus, Sampler
from calibrate import fit_scaling, scale_heads
from loop import Optimiser, device, learning_factor
from model import Model, Phrases
from settings import arguments, load, tier_folder
from train import SoftLabels, dev_sample, dev_scores, losses, predict, task_sizes


def train(work: Path, config: dict, threads: int) -> None:
    settings = config["phrases"]
    torch.manual_seed(settings["seed"])
    torch.set_num_threads(threads)
    corpus = Corpus.load(work)
    pieces = int(corpus.ids.max()) + 1
    sizes = {task: size for task, size in task_sizes(config).items() if task in settings["weight"]}
    at = device()
    model = Phrases(pieces, settings["buckets"], settings["width"], sizes).to(at)
    optimiser = Optimiser(
        [([*model.head.parameters()], settings["learning_rate"])],
        [([model.pieces.weight, model.pairs.weight], settings["table_learning_rate"])],
        weight_decay=0.0,
    )
    sampling = copy.deepcopy(config)
    sampling["train"]["share"] = {task: share * (task in sizes) for task, share in config["train"]["share"].items()}
    sampler = Sampler(corpus, sampling, settings["seed"])
    no_soft, total = SoftLabels(corpus), settings["minutes"] * 60
    started, tokens, elapsed = time.monotonic(), 0, 0.0
    for rows, transfer, ids, mask in sampler.batches(settings["batch_tokens"], settings["length"]):
        elapsed = time.monotonic() - started
        if elapsed >= total:
            break
        loss = sum(losses(model(ids.to(at), mask.to(at)), rows, corpus, sampler.smoothing, no_soft, transfer).values())
        if not torch.is_tensor(loss):
            continue
        optimiser.step(loss, learning_factor(elapsed / total))
        tokens += int(mask.sum())
    watched = dev_sample(corpus, config["train"]["dev_rows"], config["train"]["seed"])
    print(f"phrases: {tokens} tokens, dev {dev_scores(model, corpus, watched, config['model']['max_length'])}", file=sys.stderr)
    torch.save({"model": model.cpu().state_dict(), "tasks": sizes}, tier_folder(work, config) / "phrases.pt")


def load_phrases(path: Path) -> Phrases:
    stored = torch.load(path, weights_only=True)
    weights = stored["model"]
    (pieces, width), buckets = weights["pieces.weight"].shape, len(weights["pairs.weight"])
    model = Phrases(pieces, buckets, width, stored["tasks"])
    model.load_state_dict(weights)
    return model.eval()


def add_phrases(model: Model, work: Path, config: dict, corpus: Corpus, rows: np.ndarray, logits: dict[str, np.ndarray]) -> None:
    """Puts the trained phrases beside the encoder, whose `logits` for `rows` become those of both.

    Scales both so that their sum is the weighted mean of their logits, each at its own temperature.
    """
    model.phrases = load_phrases(tier_folder(work, config) / "phrases.pt")
    order, others = predict(model.phrases, corpus, rows, config["model"]["max_length"])
    place = np.empty(len(corpus.offsets), np.int64)
    place[order] = np.arange(len(order))
    for task, size in model.phrases.tasks.items():
        other, known = others[task][place[rows]], corpus.labelled(task)[rows]
        scales = [1.0, 1.0]
        if task in SINGLE and known.any():
            labels, none = corpus.columns[task][rows][known], np.zeros(size, np.float32)
            scales = [fit_scaling(values[known], labels, none)[0] for values in (logits[task], other)]
        weight = config["phrases"]["weight"][task]
        factors = ((1 - weight) * scales[0], weight * scales[1])
        scale_heads(model, task, *factors)
        logits[task] = (factors[0] * logits[task] + factors[1] * other).astype(np.float32)


def main() -> None:
    given = arguments(__doc__, with_threads=True).parse_args()
    train(given.work, load(given.config, given.tier), given.threads)


if __name__ == "__main__":
    main()
