"""What trainings share: losses, a run counted in tokens, its checkpoints."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from batches import Sampler, in_batches
from corpus import LANGUAGE, UNLABELLED, Corpus, is_multi
from metrics import quality
from model import Model, Shape


def device() -> torch.device:
    """Where models are trained: on a GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def precision() -> AbstractContextManager:
    """What forward passes run in: products in bfloat16 on a GPU, float32 on a CPU."""
    return torch.autocast("cuda", torch.bfloat16) if device().type == "cuda" else nullcontext()


def prepare(model: Model, config: dict) -> Model:
    """The model where it is trained, in training mode; on a GPU compiled code would wait for its many shapes."""
    model.to(device()).train()
    if config["model"]["compile"] and device().type == "cpu":
        model.compile_layers()
    return model


def read_batches(config: dict, settings: dict, seed: int, sampler: Callable[[int], Sampler]) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
    """Batches (row numbers, input_ids, attention_mask) of `sampler(its own seed)`, of `model.readers` processes in turns where a GPU waits."""
    readers = config["model"]["readers"] if device().type == "cuda" else 0
    draws = Draws(sampler, seed, settings)
    loader = DataLoader(draws, batch_size=None, num_workers=readers, prefetch_factor=8 if readers else None, collate_fn=as_it_is)
    for rows, ids, mask in loader:
        yield rows, torch.from_numpy(ids), torch.from_numpy(mask)


def as_it_is(batch: tuple) -> tuple:
    return batch


class Draws(IterableDataset):
    """The batches of one reader."""

    def __init__(self, sampler: Callable[[int], Sampler], seed: int, settings: dict) -> None:
        super().__init__()
        self.sampler, self.seed, self.settings = sampler, seed, settings

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        about = get_worker_info()
        sampler = self.sampler(self.seed + 100_000 * (about.id if about else 0))
        for rows, ids, mask in sampler.batches(self.settings["batch_tokens"], self.settings["max_length"]):
            yield rows, ids.numpy(), mask.numpy()  # arrays travel between processes without shared memory


def shape_of(config: dict, pieces: int, settings: dict) -> Shape:
    model = config["model"]
    tasks = {name: len(task["labels"]) for name, task in config["tasks"].items()}
    return Shape(
        pieces,
        model["width"],
        settings["layers"],
        model["heads"],
        settings["feed_forward"],
        model["max_length"],
        settings["dropout"],
        tasks,
    )


def load_model(config: dict, path: Path, settings: dict) -> Model:
    weights = torch.load(path, map_location="cpu", weights_only=True)["model"]
    model = Model(shape_of(config, len(weights["words.weight"]), settings))
    model.load_state_dict(weights)
    return model


class Losses:
    """The loss of each task from the labels that people or the definitions' reader gave."""

    def __init__(self, corpus: Corpus, config: dict, rows: np.ndarray) -> None:
        """`rows`: those whose label shares set the weights of a single-label task's classes."""
        self.corpus, self.tasks = corpus, config["tasks"]
        self.weights: dict[str, Tensor] = {}
        self.smoothing = config["sampling"].get("smoothing", 0.02)
        for task, about in self.tasks.items():
            if is_multi(about) or task == LANGUAGE:
                continue
            bits = corpus.columns["task_" + task][rows]
            counts = np.array([(bits == 1 << label).sum() for label in range(len(about["labels"]))], np.float64)
            weights = np.maximum(counts, 1) ** -0.5
            weights = np.minimum(weights / (weights * counts).sum() * counts.sum(), 3.0)
            self.weights[task] = torch.tensor(weights, dtype=torch.float32)
        self.row_weights = {task: self._row_weights(task, about) for task, about in self.tasks.items()}

    def _row_weights(self, task: str, about: dict) -> np.ndarray:
        """Float32 [all rows]: how much a row's label counts; 1 where the definitions gave it."""
        weights = np.ones(len(self.corpus.texts), np.float32)
        if task == LANGUAGE:
            return weights
        bits = self.corpus.columns["task_" + task]
        for rule in about.get("from", {}).values():
            older = ~self.corpus.columns["clean"]
            if isinstance(rule["weight"], dict):
                for label, weight in rule["weight"].items():
                    allowed = sum(1 << about["labels"].index(name) for name in rule["labels"][label])
                    weights[older & (bits == allowed)] = weight
            else:
                weights[older] = rule["weight"]
        return weights

    def __call__(self, rows: np.ndarray, logits: dict[str, Tensor]) -> dict[str, Tensor]:
        losses = {}
        for task, about in self.tasks.items():
            column = self.corpus.columns["task_" + task][rows]
            scores = logits[task]
            row_weights = torch.from_numpy(self.row_weights[task][rows]).to(scores.device)
            if is_multi(about):
                known = torch.from_numpy(column != UNLABELLED).to(scores.device)
                target = torch.from_numpy((column == 1).astype(np.float32)).to(scores.device)
                each = F.binary_cross_entropy_with_logits(scores, target, reduction="none") * known * row_weights[:, None]
                losses[task] = about["loss"] * each.mean(1).sum() / len(rows)
                continue
            usable = torch.from_numpy(column != 0).to(scores.device)
            places = torch.from_numpy((column[:, None] >> np.arange(scores.shape[1]) & 1).astype(bool)).to(scores.device)
            logs = F.log_softmax(scores, -1)
            allowed = torch.logsumexp(logs.masked_fill(~places, -1e4), -1)
            each = -(1 - self.smoothing) * allowed - self.smoothing * logs.mean(-1)
            if task in self.weights:
                one = places.float().sum(1) == 1
                each = each * torch.where(one, (places.float() @ self.weights[task].to(scores.device)), 1.0)
            losses[task] = about["loss"] * (each * row_weights * usable).sum() / len(rows)
        return losses


@torch.no_grad()
def predict(
    model: Model, tokenizer: Tokenizer, texts: list[str], longest: int, batch_tokens: int = 4096, in_float32: bool = False
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """(logits per task, float32 [texts, labels]; vectors float32 [texts, 2 D]); `in_float32` on a GPU too."""
    training = model.training
    model.eval()
    where = next(model.parameters()).device
    outputs = {task: np.zeros((len(texts), labels), np.float32) for task, labels in model.shape.tasks.items()}
    vectors = np.zeros((len(texts), 2 * model.shape.width), np.float32)
    for places, ids, mask in in_batches(tokenizer, texts, batch_tokens, longest):
        with nullcontext() if in_float32 else precision():
            logits, pooled = model(ids.to(where), mask.to(where))
        for task, values in logits.items():
            outputs[task][places] = values.cpu().numpy()
        vectors[places] = pooled.float().cpu().numpy()
    model.train(training)
    return outputs, vectors


def dev_quality(model: Model, tokenizer: Tokenizer, corpus: Corpus, config: dict, rows: np.ndarray) -> dict[str, float]:
    logits, _ = predict(model, tokenizer, [corpus.texts[row] for row in rows], config["model"]["max_length"])
    return quality(corpus, config["tasks"], rows, logits)


class Run:
    """One training: steps counted in tokens, a linear schedule, a checkpoint to go on from, and `model.pt` at its end."""

    def __init__(self, folder: Path, model: Model, groups: list[dict], settings: dict, score: Callable[[], dict]) -> None:
        """`groups`: AdamW's parameter groups, each with its own highest `lr`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.model, self.score, self.settings = folder, model, score, settings
        self.optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=settings["weight_decay"], fused=True)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.total = sum(stage["tokens"] for stage in settings["stages"])
        self.tokens, self.step, self.shown = 0, 0, {}
        self.average: dict[str, Tensor] | None = None  # of the weights near the end
        self.averaged = 0
        checkpoint = folder / "checkpoint.pt"
        if checkpoint.exists():
            state = torch.load(checkpoint, map_location="cpu", weights_only=True)
            model.load_state_dict(state["model"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.tokens, self.step, self.average, self.averaged = state["tokens"], state["step"], state["average"], state["averaged"]
            print(f"goes on at {self.tokens} tokens", file=sys.stderr)
        self.started, self.first = time.monotonic(), self.tokens
        self.next_dev = self.tokens + settings.get("dev_tokens", 400_000)
        self.saved = time.monotonic()

    def stages(self) -> Iterator[tuple[int, dict, int]]:
        """(number, settings, tokens at which it ends) of the stages still to run."""
        ends = 0
        for number, stage in enumerate(self.settings["stages"]):
            ends += stage["tokens"]
            if self.tokens < ends:
                yield number, stage, ends

    def factor(self) -> float:
        """Warm-up over the first 4 %, then linearly down to 2 %."""
        done = self.tokens / self.total
        return max(0.02, min(done / 0.04 + 0.01, (1 - done) / 0.96))

    def learn(self, losses: dict[str, Tensor], tokens: int) -> None:
        """One step: gradients, update, counts, and what is due."""
        sum(losses.values()).backward()
        parameters = [each for group in self.optimiser.param_groups for each in group["params"]]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * self.factor()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.tokens += tokens
        self.step += 1
        for name, value in losses.items():
            self.shown[name] = 0.98 * self.shown.get(name, value.detach()) + 0.02 * value.detach()
        if self.step % 50 == 0:
            rate = (self.tokens - self.first) / (time.monotonic() - self.started)
            print(
                f"{self.tokens} tokens, {rate:.0f}/s", {n: round(v.item(), 3) for n, v in self.shown.items()}, file=sys.stderr, flush=True
            )
            if self.tokens > 0.85 * self.total:
                self._average()
        if time.monotonic() - self.saved > 240:
            self.save()
        if self.tokens >= self.next_dev:
            print("dev", json.dumps(self.score()), file=sys.stderr, flush=True)
            self.next_dev = self.tokens + self.settings.get("dev_tokens", 400_000)

    def _average(self) -> None:
        trained = {name: value.detach().cpu() for name, value in self.model.named_parameters() if value.requires_grad}
        self.averaged += 1
        if self.average is None:
            self.average = {name: value.clone() for name, value in trained.items()}
        else:
            for name, value in trained.items():
                self.average[name] += (value - self.average[name]) / self.averaged

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "tokens": self.tokens,
            "step": self.step,
            "average": self.average,
            "averaged": self.averaged,
        }
        torch.save(state, self.folder / "checkpoint.part")
        os.replace(self.folder / "checkpoint.part", self.folder / "checkpoint.pt")
        self.saved = time.monotonic()

    def finish(self) -> dict:
        """Writes model.pt: the mean of the last weights where dev finds it no worse; returns its quality on dev."""
        self.save()
        last, best = self.score(), None
        print("dev, last weights", json.dumps(last), file=sys.stderr)
        weights = {name: value.cpu().clone() for name, value in self.model.state_dict().items()}
        if self.average is not None:
            self.model.load_state_dict(weights | self.average)
            best = self.score()
            print("dev, mean of the last weights", json.dumps(best), file=sys.stderr)
            if best["mean"] >= last["mean"]:
                weights, last = weights | self.average, best
        torch.save({"model": weights, "tokens": self.tokens, "dev": last}, self.folder / "model.pt")
        return last


def parameter_groups(model: Model, settings: dict) -> list[dict]:
    """AdamW's groups: rates decay from the last layer downwards; tables and `frozen_layers` rest."""
    rate, decay, frozen = settings["learning_rate"], settings["layer_decay"], settings["frozen_layers"]
    groups = []
    for parameter in (*model.words.parameters(), model.positions, *model.norm.parameters()):
        parameter.requires_grad_(False)
    for number, layer in enumerate(model.layers):
        for parameter in layer.parameters():
            parameter.requires_grad_(number >= frozen)
        if number >= frozen:
            groups.append({"params": list(layer.parameters()), "lr": rate * decay ** (len(model.layers) - 1 - number)})
    heads = [*model.looks.parameters(), *model.heads.parameters()]
    return [*groups, {"params": heads, "lr": settings["head_learning_rate"]}]
