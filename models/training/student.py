"""Step 5, student: fewer layers, started from the teacher's own, taught by its scores and vectors beside the labels.

Writes NAME/model.pt and its checkpoint to the work directory, NAME being the tier's; goes on from a checkpoint.
"""

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F

from batches import Encoded, Sampler
from corpus import DEV, TRAIN, Corpus, is_multi
from model import Model
from settings import arguments, load, tier_folder
from training import Losses, Run, dev_quality, device, parameter_groups, precision, prepare, read_batches, shape_of


class Soft:
    """What `soft` kept, by row number."""

    def __init__(self, work: Path, tasks: dict, count: int) -> None:
        parts = [np.load(path) for path in sorted((work / "soft").glob("[0-9]*.npz")) if ".part" not in path.name]
        self.place = np.full(count, -1, np.int64)
        rows = np.concatenate([part["rows"] for part in parts])
        self.place[rows] = np.arange(len(rows))
        self.logits = {task: np.concatenate([part["task_" + task] for part in parts]) for task in tasks}
        self.vectors = np.concatenate([part["vectors"] for part in parts])
        self.plain = np.concatenate([part["plain"] for part in parts])

    def of(self, rows: np.ndarray, where: torch.device) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """(logits per task; the teacher's sentence vectors [rows, D]; the pretrained encoder's [rows, D])."""
        places = self.place[rows]
        logits = {task: torch.from_numpy(values[places]).to(where).float() for task, values in self.logits.items()}
        vectors = (torch.from_numpy(values[places]).to(where).float() for values in (self.vectors, self.plain))
        return logits, *vectors


def start(model: Model, teacher: dict[str, Tensor], layers: list[int]) -> None:
    """Copies the teacher's tables, heads and chosen layers; a narrower feed-forward keeps the neurons with the largest weights."""
    inner = model.shape.feed_forward
    state = {name: value for name, value in teacher.items() if not name.startswith("layers.")}
    for to, of in enumerate(layers):
        prefix = f"layers.{of}."
        layer = {name.removeprefix(prefix): value for name, value in teacher.items() if name.startswith(prefix)}
        strength = layer["feed_forward_in.weight"].norm(dim=1) * layer["feed_forward_out.weight"].norm(dim=0)
        kept = strength.argsort(descending=True)[:inner].sort().values
        for name in ("feed_forward_in.weight", "feed_forward_in.bias"):
            layer[name] = layer[name][kept]
        layer["feed_forward_out.weight"] = layer["feed_forward_out.weight"][:, kept]
        state |= {f"layers.{to}.{name}": value for name, value in layer.items()}
    model.load_state_dict(state)


def agreement(tasks: dict, logits: dict[str, Tensor], taught: dict[str, Tensor]) -> dict[str, Tensor]:
    """Per task the divergence from the teacher's scores, with the task's own weight."""
    losses = {}
    for task, about in tasks.items():
        if is_multi(about):
            losses[task] = about["loss"] * F.binary_cross_entropy_with_logits(logits[task], torch.sigmoid(taught[task]))
        else:
            shares = F.softmax(taught[task], -1)
            losses[task] = about["loss"] * (shares * (shares.clamp_min(1e-9).log() - F.log_softmax(logits[task], -1))).sum(-1).mean()
    return losses


def centred(vectors: Tensor) -> Tensor:
    """Without what all texts of the batch share, which is most of a vector's length."""
    return vectors - vectors.mean(0)


def train(work: Path, config: dict, threads: int) -> None:
    torch.set_num_threads(threads)
    settings, tasks = config["student"], config["tasks"]
    torch.manual_seed(settings["seed"])
    corpus = Corpus.load(work)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    soft = Soft(work, tasks, len(corpus.texts))
    teacher = torch.load(work / "teacher" / "model.pt", map_location="cpu", weights_only=True)["model"]
    model = Model(shape_of(config, len(teacher["words.weight"]), settings))
    start(model, teacher, settings["from_layers"])
    del teacher
    prepare(model, config)
    encoded = Encoded(work, corpus, tokenizer)
    labels = Losses(corpus, config, corpus.rows(TRAIN, clean=True))
    dev = corpus.rows(DEV, clean=True)
    run = Run(
        tier_folder(work, config),
        model,
        parameter_groups(model, settings),
        settings,
        lambda: dev_quality(model, tokenizer, corpus, config, dev),
    )
    for number, stage, end in run.stages():
        draw = partial(Sampler, corpus, tokenizer, encoded, config, stage["clean"], only=soft.place >= 0)
        for rows, ids, mask in read_batches(config, settings, settings["seed"] + 1000 * number + run.step, draw):
            with precision():
                logits, vectors = model(ids.to(device()), mask.to(device()), settings["frozen_layers"])
            taught, directions, plain = soft.of(rows, device())
            losses = agreement(tasks, logits, taught)
            given = labels(rows, logits)
            losses = {task: (1 - settings["labels"]) * losses[task] + settings["labels"] * given[task] for task in tasks}
            last, half = vectors.float().chunk(2, -1)
            losses["vectors"] = settings["vectors"] * (1 - F.cosine_similarity(last, directions, dim=-1)).mean()
            losses["plain"] = settings["plain"] * (1 - F.cosine_similarity(centred(half), centred(plain), dim=-1)).mean()
            run.learn(losses, int(mask.sum()))
            if run.tokens >= end:
                break
    print(json.dumps(run.finish()), file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__, with_threads=True)
    given = parser.parse_args()
    train(given.work, load(given.config, given.tier), given.threads)


if __name__ == "__main__":
    main()
