"""Step 3, teacher: all twelve layers of the pretrained encoder, all tasks at once.

Writes teacher/model.pt and its checkpoint to the work directory; goes on from a checkpoint.
"""

import json
import sys
from functools import partial
from pathlib import Path

import torch
from tokenizers import Tokenizer

from batches import Encoded, Sampler
from corpus import DEV, TRAIN, Corpus
from model import Model, load_encoder
from settings import arguments, load
from training import Losses, Run, dev_quality, device, parameter_groups, precision, prepare, read_batches, shape_of


def train(work: Path, config: dict, threads: int, name: str = "teacher") -> None:
    """`name`: the folder of `work` that takes the model."""
    torch.set_num_threads(threads)
    settings = config["teacher"]
    torch.manual_seed(settings["seed"])
    corpus = Corpus.load(work)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    encoder = torch.load(work / "encoder.pt", weights_only=True)
    model = Model(shape_of(config, len(encoder["weights"]["words.weight"]), settings))
    load_encoder(model, encoder["weights"], settings.get("from_layers", list(range(settings["layers"]))))
    del encoder
    prepare(model, config)
    encoded = Encoded(work, corpus, tokenizer)
    losses = Losses(corpus, config, corpus.rows(TRAIN, clean=True))
    dev = corpus.rows(DEV, clean=True)
    run = Run(
        work / name,
        model,
        parameter_groups(model, settings),
        settings,
        lambda: dev_quality(model, tokenizer, corpus, config, dev),
    )
    for number, stage, end in run.stages():
        draw = partial(Sampler, corpus, tokenizer, encoded, config, stage["clean"])
        for rows, ids, mask in read_batches(config, settings, settings["seed"] + 1000 * number + run.step, draw):
            with precision():
                logits, _ = model(ids.to(device()), mask.to(device()), settings["frozen_layers"])
            run.learn(losses(rows, logits), int(mask.sum()))
            if run.tokens >= end:
                break
    print(json.dumps(run.finish()), file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__, with_tier=False, with_threads=True)
    given = parser.parse_args()
    train(given.work, load(given.config), given.threads)


if __name__ == "__main__":
    main()
