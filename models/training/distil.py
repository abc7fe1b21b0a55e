"""Step 6, distil: a smaller tier learns from the finished larger one, on the clock.

The teacher labels every text that the student sees for every task; labels that people gave are mixed in. So
tasks that are labelled in a few languages reach all of them, through the teacher.
"""

import copy
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from batches import MULTI, Corpus, Sampler
from model import Model
from settings import arguments, load, tier_folder
from train import SoftLabels, dev_sample, dev_scores, learning_factor, losses, model_config


def soft_losses(student: dict[str, Tensor], teacher: dict[str, Tensor]) -> dict[str, Tensor]:
    """Cross-entropy with the teacher's scores, mean over texts (multi-label: summed over labels)."""
    result = {}
    for task, scores in student.items():
        if task in MULTI:
            result[task] = F.binary_cross_entropy_with_logits(scores, torch.sigmoid(teacher[task]), reduction="none").sum(-1).mean()
        else:
            result[task] = -(torch.softmax(teacher[task], -1) * F.log_softmax(scores, -1)).sum(-1).mean()
    return result


def load_teacher(work: Path, config: dict) -> Model:
    state = torch.load(tier_folder(work, config) / "model.pt", weights_only=False)["model"]
    teacher = Model(model_config(config, len(state["embedding.weight"])))
    teacher.load_state_dict(state)
    return teacher.eval().requires_grad_(False)


def distil(work: Path, config: dict, teacher_config: dict, threads: int) -> None:
    settings, train_settings = config["distil"], config["train"]
    torch.manual_seed(settings["seed"])
    torch.set_num_threads(threads)
    corpus = Corpus.load(work)
    teacher = load_teacher(work, teacher_config)
    vectors = np.load(work / "embeddings.npy")
    student = Model(model_config(config, len(vectors)))
    student.embedding.weight.data.copy_(torch.from_numpy(vectors))
    student.piece_languages.weight.data.copy_(torch.load(work / "start.pt", weights_only=True)["piece_languages.weight"])
    folder = tier_folder(work, config)
    if (folder / "start.pt").exists():  # weights of the same shape to go on from, e.g. of an earlier version
        student.load_state_dict(torch.load(folder / "start.pt", weights_only=False)["model"], strict=False)
    others = [parameter for name, parameter in student.named_parameters() if name != "embedding.weight"]
    dense = torch.optim.AdamW(others, weight_decay=train_settings["weight_decay"], betas=(0.9, 0.98))
    sparse = torch.optim.SparseAdam([student.embedding.weight], betas=(0.9, 0.98))
    elapsed, step, tokens_seen = 0.0, 0, 0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=False)
        student.load_state_dict(state["model"])
        dense.load_state_dict(state["dense"])
        sparse.load_state_dict(state["sparse"])
        elapsed, step, tokens_seen = state["elapsed"], state["step"], state["tokens"]

    sampling = copy.deepcopy(config)
    sampling["train"]["share"] |= settings["share"]
    sampler = Sampler(corpus, sampling, settings["seed"] + step)
    no_soft = SoftLabels(corpus)
    watched = dev_sample(corpus, train_settings["dev_rows"], train_settings["seed"])
    total, warm = settings["minutes"] * 60, settings["warm_minutes"] * 60
    next_dev = next_checkpoint = elapsed + train_settings["dev_minutes"] * 60
    started = time.monotonic() - elapsed
    student.train()

    def save() -> None:
        state = {"model": student.state_dict(), "dense": dense.state_dict(), "sparse": sparse.state_dict()}
        torch.save(state | {"elapsed": elapsed, "step": step, "tokens": tokens_seen}, checkpoint.with_suffix(".part"))
        os.replace(checkpoint.with_suffix(".part"), checkpoint)

    for rows, transfer, ids, mask in sampler.batches(train_settings["batch_tokens"], train_settings["train_length"]):
        if elapsed >= total:
            break
        with torch.autocast("cpu", torch.bfloat16):
            with torch.inference_mode():
                targets = {task: values.clone() for task, values in teacher(ids, mask).items()}
            logits = student(ids, mask, elapsed >= warm)
        soft = soft_losses(logits, targets)
        hard = losses(logits, rows, corpus, sampler.smoothing, no_soft, transfer)
        scale = (len(rows) / 100) ** 0.5
        loss = scale * sum(
            train_settings["weight"][task] * (value + settings["hard"] * hard.get(task, torch.tensor(0.0))) for task, value in soft.items()
        )
        loss.backward()
        factor = learning_factor(elapsed / total)
        dense.param_groups[0]["lr"] = factor * settings["learning_rate"]
        sparse.param_groups[0]["lr"] = factor * settings["embedding_learning_rate"]
        nn.utils.clip_grad_norm_(others, 1.0)
        dense.step()
        sparse.step()
        dense.zero_grad(set_to_none=True)
        sparse.zero_grad(set_to_none=True)
        step += 1
        tokens_seen += int(mask.sum())
        elapsed = time.monotonic() - started
        if step % 100 == 0:
            shown = {task: round(value.item(), 3) for task, value in soft.items()}
            print(f"{elapsed:.0f}s step {step} {tokens_seen / elapsed:.0f} tokens/s", shown, file=sys.stderr, flush=True)
        if elapsed >= next_dev:
            scores = dev_scores(student, corpus, watched, train_settings["train_length"])
            print(f"{elapsed:.0f}s dev", scores, file=sys.stderr, flush=True)
            next_dev += train_settings["dev_minutes"] * 60
        if elapsed >= next_checkpoint:
            save()
            next_checkpoint += train_settings["checkpoint_minutes"] * 60
    save()
    torch.save({"model": student.state_dict(), "step": step, "tokens": tokens_seen, "seconds": elapsed}, folder / "model.pt")
    print(f"{elapsed:.0f}s final dev", dev_scores(student, corpus, watched, config["model"]["max_length"]), file=sys.stderr, flush=True)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    given = parser.parse_args()
    if given.tier is None:
        parser.error("distil makes a smaller tier: say which with --tier")
    distil(given.work, load(given.config, given.tier), load(given.config), given.threads)


if __name__ == "__main__":
    main()
