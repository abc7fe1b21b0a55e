"""Step 6, distil: a smaller tier learns from the finished larger one, on the clock.

The teacher labels every text that the student sees for every task; labels that people gave are mixed in. So
tasks that are labelled in a few languages reach all of them, through the teacher.
"""

import copy
from pathlib import Path

import numpy as np
import torch

from batches import Corpus, Sampler
from loop import Optimiser, Run, device, in_processes, learning_factor
from model import Model
from phrases import add_phrases
from settings import arguments, load, tier_folder
from train import SoftLabels, dev_sample, dev_scores, load_model, losses, model_config, predict, soft_losses


def load_teacher(work: Path, config: dict, corpus: Corpus, watched: np.ndarray) -> Model:
    """The larger tier as it will be compressed: with its phrases, if it has them, weighed on the `watched` rows."""
    teacher = load_model(work, config)
    if config["model"]["phrases"]:
        order, logits = predict(teacher, corpus, watched, config["model"]["max_length"])
        add_phrases(teacher, work, config, corpus, order, logits)
    return teacher.to(device()).eval().requires_grad_(False)


def distil(work: Path, config: dict, teacher_config: dict, threads: int, processes: int = 1, rank: int = 0) -> None:
    settings, train_settings = config["distil"], config["train"]
    torch.manual_seed(settings["seed"] + rank)
    torch.set_num_threads(max(1, threads // processes))
    corpus, at = Corpus.load(work), device()
    watched = dev_sample(corpus, train_settings["dev_rows"], train_settings["seed"])
    teacher = load_teacher(work, teacher_config, corpus, watched)
    vectors = np.load(work / "embeddings.npy")
    student = Model(model_config(config, len(vectors)))
    student.embedding.weight.data.copy_(torch.from_numpy(vectors))
    if student.piece_languages is not None:
        student.piece_languages.weight.data.copy_(torch.load(work / "start.pt", weights_only=True)["piece_languages.weight"])
    folder = tier_folder(work, config)
    if (folder / "start.pt").exists():  # weights of the same shape to go on from, e.g. of an earlier version
        student.load_state_dict(torch.load(folder / "start.pt", weights_only=False)["model"], strict=False)
    student.to(at)
    if train_settings["compile"]:
        teacher.compile_layers()
        student.compile_layers()
    others = [parameter for name, parameter in student.named_parameters() if name != "embedding.weight"]
    optimiser = Optimiser(
        [(others, settings["learning_rate"])],
        [([student.embedding.weight], settings["embedding_learning_rate"])],
        train_settings["weight_decay"],
    )
    run = Run(
        folder / "checkpoint.pt",
        settings["minutes"],
        train_settings,
        {"model": student, "optimiser": optimiser},
        lambda: dev_scores(student, corpus, watched, config["model"]["max_length"]),
    )
    sampling = copy.deepcopy(config)
    sampling["train"]["share"] |= settings["share"]
    sampler = Sampler(corpus, sampling, settings["seed"] + run.step * processes + rank)
    batches = sampler.batches(train_settings["batch_tokens"], config["model"]["max_length"])
    no_soft, warm = SoftLabels(corpus), settings["warm_minutes"] * 60
    student.train()

    while run.goes_on:
        rows, transfer, ids, mask = next(batches)
        ids, mask = ids.to(at), mask.to(at)
        with torch.autocast(at.type, torch.bfloat16):
            with torch.inference_mode():
                targets = {task: values.clone() for task, values in teacher(ids, mask).items()}
            logits = student(ids, mask, run.elapsed >= warm)
        soft = soft_losses(logits, targets)
        hard = losses(logits, rows, corpus, sampler.smoothing, no_soft, transfer)
        scale = (len(rows) / 100) ** 0.5
        loss = scale * sum(
            train_settings["weight"][task] * (value + settings["hard"] * hard.get(task, torch.tensor(0.0))) for task, value in soft.items()
        )
        optimiser.step(loss, learning_factor(run.progress))
        run.stepped(int(mask.sum()), soft)
    run.finish()


def main() -> None:
    parser = arguments(__doc__, with_threads=True)
    given = parser.parse_args()
    if given.tier is None:
        parser.error("distil makes a smaller tier: say which with --tier")
    config = load(given.config, given.tier)
    in_processes(distil, (given.work, config, load(given.config)), given.threads, config["train"]["processes"])


if __name__ == "__main__":
    main()
