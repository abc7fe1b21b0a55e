"""Step 5b, phrases: a model of pieces and pairs of pieces, trained apart from the encoder and added to it by compress.py.

An encoder and n-grams err in different places, so the mean of their scores is better than either, on known sources and on
unseen ones. Trained as one model they are not: what one has learned the other does not learn again.

Writes phrases.pt. Only for tasks that are labelled in all languages: n-grams of one say nothing about another.
"""

import copy
import sys
import time
from pathlib import Path

import torch

from batches import Corpus, Sampler
from loop import Optimiser, learning_factor
from model import Phrases
from settings import arguments, load
from train import SoftLabels, dev_sample, dev_scores, losses, task_sizes


def train(work: Path, config: dict, threads: int) -> None:
    settings = config["phrases"]
    torch.manual_seed(settings["seed"])
    torch.set_num_threads(threads)
    corpus = Corpus.load(work)
    pieces = int(corpus.ids.max()) + 1
    sizes = {task: size for task, size in task_sizes(config).items() if task in settings["tasks"]}
    model = Phrases(pieces, settings["buckets"], settings["width"], sizes)
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
    for rows, transfer, ids, mask in sampler.batches(settings["batch_tokens"], config["train"]["train_length"]):
        elapsed = time.monotonic() - started
        if elapsed >= total:
            break
        loss = sum(losses(model(ids, mask), rows, corpus, sampler.smoothing, no_soft, transfer).values())
        if not torch.is_tensor(loss):
            continue
        optimiser.step(loss, learning_factor(elapsed / total))
        tokens += int(mask.sum())
    watched = dev_sample(corpus, config["train"]["dev_rows"], config["train"]["seed"])
    print(f"phrases: {tokens} tokens, dev {dev_scores(model, corpus, watched, config['model']['max_length'])}", file=sys.stderr)
    torch.save({"model": model.state_dict(), "tasks": sizes}, work / "phrases.pt")


def load_phrases(path: Path) -> Phrases:
    stored = torch.load(path, weights_only=True)
    weights = stored["model"]
    (pieces, width), buckets = weights["pieces.weight"].shape, len(weights["pairs.weight"])
    model = Phrases(pieces, buckets, width, stored["tasks"])
    model.load_state_dict(weights)
    return model.eval()


def main() -> None:
    given = arguments(__doc__, with_tier=False, with_threads=True).parse_args()
    train(given.work, load(given.config), given.threads)


if __name__ == "__main__":
    main()
