"""Step 5, train: the multi-task model, on a wall-clock budget.

Learning rates follow the clock, so the run ends in time on any machine. It saves checkpoint.pt and
goes on from it when started again. Translations are drawn to the pretrained encoder's vector of their
English original. Part of the way through, the model's own predictions on English originals become soft
labels for their translations: tasks labelled in a few languages reach the others. Or a teacher, an encoder
of more layers trained before, gives its scores for every text.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch import Tensor, nn
from torch.nn import functional as F

from batches import MULTI, SINGLE, Corpus, Sampler, eval_batches
from corpus import DEV, PARALLEL, TRAIN, UNLABELLED
from loop import Optimiser, Run, device, in_processes, learning_factor
from model import Model, ModelConfig
from settings import arguments, load, overlay, tier_folder


def task_sizes(config: dict) -> dict[str, int]:
    return {task: len(labels) for task, labels in config["tasks"].items()} | {"language": len(config["data"]["languages"])}


def model_config(config: dict, pieces: int) -> ModelConfig:
    sizes = config["model"]
    shape = {name: sizes[name] for name in ("kind", "width", "layers", "heads", "feed_forward", "dropout", "language_table", "table_bits")}
    return ModelConfig(pieces, **shape, positions=sizes["max_length"], tasks=task_sizes(config))


def of_depth(config: dict, weights: dict[str, Tensor]) -> dict:
    """The config with as many layers as the weights have."""
    return overlay(config, {"model": {"layers": len({name.split(".")[1] for name in weights if name.startswith("layers.")})}})


def load_model(work: Path, config: dict) -> Model:
    """A tier's trained model, as train.py or distil.py left it."""
    weights = torch.load(tier_folder(work, config) / "model.pt", weights_only=False)["model"]
    return model_of(weights, config, len(weights["embedding.weight"]))


def model_of(weights: dict[str, Tensor], config: dict, pieces: int) -> Model:
    model = Model(model_config(config, pieces))
    model.load_state_dict(weights)
    return model


def model_device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


class Originals:
    """The pretrained encoder's unit vector of each English original, by translation group."""

    def __init__(self, work: Path, corpus: Corpus) -> None:
        stored = np.load(work / "sentences.npz")
        self.group = corpus.columns["group"]
        self.place = np.full(max(1, self.group.max() + 1), -1)
        self.place[stored["groups"]] = np.arange(len(stored["groups"]))
        self.vectors = torch.from_numpy(stored["vectors"])

    def loss(self, sentences: Tensor, rows: np.ndarray) -> Tensor | None:
        """Mean of 1 - cosine over the rows that have an original; `sentences` are float [B, width]."""
        place = self.place[np.maximum(self.group[rows], 0)]
        has = np.flatnonzero((self.group[rows] >= 0) & (place >= 0))
        if len(has) == 0:
            return None
        target = self.vectors[place[has]].float()
        cosine = F.cosine_similarity(sentences[torch.from_numpy(has).to(sentences.device)].float(), target.to(sentences.device), dim=-1)
        return (1 - cosine).sum() / max(12, len(has))


class SoftLabels:
    """Predictions for English texts, by translation group; a row may look up its group's."""

    TASKS = ("sentiment", "actionability", "emotion", "topic")

    def __init__(self, corpus: Corpus) -> None:
        self.group = corpus.columns["group"]
        self.english = corpus.columns["language_code"] == corpus.languages.index("en")
        self.values: dict[str, Tensor] = {}
        self.has = torch.zeros(max(1, self.group.max() + 1), dtype=torch.bool)

    @torch.inference_mode()
    def fill(self, model: Model, corpus: Corpus, config: dict, seconds: float) -> None:
        deadline, at = time.monotonic() + seconds, model_device(model)
        usable = self.english & (self.group >= 0) & np.isin(corpus.columns["split"], (TRAIN, PARALLEL))
        # Reviews first: they are what the soft labels are for. General sentences while time lasts.
        reviews = np.flatnonzero(usable & (corpus.columns["split"] == TRAIN))
        others = np.random.default_rng(0).permutation(np.flatnonzero(usable & (corpus.columns["split"] == PARALLEL)))
        model.eval()
        for rows in [reviews, *np.array_split(others, max(1, len(others) // 5000))]:
            if time.monotonic() > deadline or len(rows) == 0:
                break
            for chosen, ids, mask in eval_batches(corpus, rows, 8192, config["model"]["max_length"]):
                logits = model(ids.to(at), mask.to(at))
                place = torch.from_numpy(self.group[chosen].astype(np.int64))
                for task in self.TASKS:
                    share = torch.sigmoid(logits[task]) if task in MULTI else torch.softmax(logits[task], -1)
                    if task not in self.values:
                        self.values[task] = torch.zeros(len(self.has), share.shape[1])
                    self.values[task][place] = share.cpu()
                self.has[place] = True
        print(f"soft labels for {int(self.has.sum())} texts", file=sys.stderr, flush=True)

    def transferable(self, corpus: Corpus) -> tuple[np.ndarray, np.ndarray]:
        """Translations that have soft labels, and the likeliest actionability of each."""
        usable = np.isin(corpus.columns["split"], (TRAIN, PARALLEL)) & (self.group >= 0) & ~self.english
        rows = np.flatnonzero(usable)
        rows = rows[self.has[torch.from_numpy(self.group[rows].astype(np.int64))].numpy()]
        return rows, self.values["actionability"][torch.from_numpy(self.group[rows].astype(np.int64))].argmax(-1).numpy()

    def of(self, rows: np.ndarray, task: str) -> tuple[Tensor, Tensor]:
        """(float32 [B, labels], bool [B]: this row has them)."""
        group = torch.from_numpy(self.group[rows].astype(np.int64))
        has = (group >= 0) & ~torch.from_numpy(self.english[rows])
        has &= self.has[group.clamp(min=0)]
        return self.values[task][group.clamp(min=0)], has


def losses(
    logits: dict[str, Tensor], rows: np.ndarray, corpus: Corpus, smoothing: np.ndarray, soft: SoftLabels, transfer: np.ndarray
) -> dict[str, Tensor]:
    """Mean loss per task over the rows that are labelled for it, damped where those are few."""
    source = corpus.columns["source"][rows]
    at = next(iter(logits.values())).device
    smooth = torch.from_numpy(smoothing[source]).to(at)
    result = {}
    for task, scores in logits.items():
        labels = torch.from_numpy(corpus.columns[task][rows].astype(np.int64))
        known = labels != UNLABELLED  # stays on the CPU, which asks whether there are any
        labels = labels.to(at)
        if task in SINGLE:
            if task == "sentiment":  # a source without a neutral class says nothing about it
                blocked = (torch.from_numpy(corpus.no_neutral[source]) & known).to(at)
                scores = scores.masked_fill(blocked[:, None] & (torch.arange(3, device=at) == 1), -1e4)
            log_probability = F.log_softmax(scores, -1)
            hard = -log_probability.gather(1, labels.clamp(min=0)[:, None])[:, 0]
            if task == "sentiment":  # the smoothed mass goes to the labels the source has
                without, every = torch.tensor([0.5, 0.0, 0.5], device=at), torch.full((3,), 1 / 3, device=at)
                open_labels = torch.where(blocked[:, None], without, every)
            else:
                open_labels = torch.full_like(scores, 1 / scores.shape[1])
            loss = (1 - smooth) * hard - smooth * (open_labels * log_probability).sum(-1)
        else:
            weight, known = known.to(at).float(), known.any(-1)
            target = labels.clamp(min=0) * (1 - smooth[:, None]) + 0.5 * smooth[:, None] * 0.2
            loss = (F.binary_cross_entropy_with_logits(scores, target, reduction="none") * weight).sum(-1)
        if task in soft.values:
            target, has = soft.of(rows, task)
            has &= ~known
            if task == "actionability":  # only where the sampler balanced the classes
                has &= torch.from_numpy(transfer)
            target, of_soft = target.to(at), has.to(at)
            if task in SINGLE:
                soft_loss = -(target * log_probability).sum(-1)
            else:
                soft_loss = F.binary_cross_entropy_with_logits(scores, target, reduction="none").sum(-1)
            loss = torch.where(of_soft, 0.5 * soft_loss, loss)
            known = known | has
        count = int(known.sum())
        if count:
            result[task] = (loss * known.to(at)).sum() / max(12, count)
    return result


def soft_losses(student: dict[str, Tensor], teacher: dict[str, Tensor]) -> dict[str, Tensor]:
    """Cross-entropy with the teacher's scores, mean over texts (multi-label: summed over labels)."""
    result = {}
    for task, scores in student.items():
        if task in MULTI:
            result[task] = F.binary_cross_entropy_with_logits(scores, torch.sigmoid(teacher[task]), reduction="none").sum(-1).mean()
        else:
            result[task] = -(torch.softmax(teacher[task], -1) * F.log_softmax(scores, -1)).sum(-1).mean()
    return result


@torch.inference_mode()
def predict(model: Model, corpus: Corpus, rows: np.ndarray, longest: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Logits of every task for `rows`, with the order of rows they come in."""
    model.eval()
    order, outputs, at = [], {}, model_device(model)
    for chosen, ids, mask in eval_batches(corpus, rows, 8192, longest):
        with torch.autocast(at.type, torch.bfloat16):
            logits = model(ids.to(at), mask.to(at))
        order.append(chosen)
        for task, values in logits.items():
            outputs.setdefault(task, []).append(values.float().cpu().numpy())
    model.train()
    return np.concatenate(order), {task: np.concatenate(values) for task, values in outputs.items()}


def dev_scores(model: Model, corpus: Corpus, rows: np.ndarray, longest: int) -> dict[str, float]:
    """Macro-F1 per task, multi-label at the best common threshold: enough to watch a run."""
    order, logits = predict(model, corpus, rows, longest)
    scores = {}
    for task, values in logits.items():
        labels = corpus.columns[task][order]
        if task in SINGLE:
            known = labels != UNLABELLED
            scores[task] = f1_score(labels[known], values[known].argmax(-1), average="macro") if known.any() else 0.0
        else:
            per_label = []
            for label in range(values.shape[1]):
                known = labels[:, label] != UNLABELLED
                if known.any():
                    cuts = np.quantile(values[known, label], [0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99])
                    per_label.append(max(f1_score(labels[known, label], values[known, label] > cut, zero_division=0.0) for cut in cuts))
            scores[task] = float(np.mean(per_label)) if per_label else 0.0
    return {task: round(float(value), 4) for task, value in scores.items()}


def dev_sample(corpus: Corpus, size: int, seed: int) -> np.ndarray:
    """Dev rows, with large sources cut down, so that no source drowns the others."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.flatnonzero(corpus.columns["split"] == DEV))
    stratum = corpus.columns["source"][rows].astype(np.int64) * 64 + corpus.columns["language_code"][rows]
    order = np.argsort(stratum, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(stratum[order])) + 1])
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.concatenate([starts, [len(order)]])))
    return rows[order[rank < size]]


@torch.no_grad()
def keep_some(earlier: dict[str, Tensor], model: Model, share: float) -> None:
    """Draws the weights back towards those that the training went on from: the mean is often better than either (WiSE-FT, Wortsman et al. 2022)."""
    for name, values in model.state_dict().items():
        if name in earlier:
            values.lerp_(earlier[name].to(values.device), share)


def train(work: Path, config: dict, threads: int, processes: int = 1, rank: int = 0) -> None:
    settings = config["train"]
    torch.manual_seed(settings["seed"] + rank)
    torch.set_num_threads(max(1, threads // processes))
    corpus, folder, at = Corpus.load(work), tier_folder(work, config), device()
    start = torch.load(work / "start.pt", weights_only=True)
    earlier: dict[str, Tensor] = {}
    if (folder / "start.pt").exists():  # weights of the same layers to go on from, e.g. of an earlier version
        earlier = torch.load(folder / "start.pt", weights_only=False)["model"]
        read = len(earlier["positions"])  # it may have read less of a text
        earlier["positions"] = torch.cat([earlier["positions"], start["positions"][read:]])
        start |= earlier
    model = Model(model_config(config, len(start["embedding.weight"])))
    model.load_state_dict(start, strict=False)
    model.to(at)
    if settings["compile"]:
        model.compile_layers()
    teacher = None
    if (folder / "teacher.pt").exists():  # weights of an encoder of any depth over the same pieces
        taught = torch.load(folder / "teacher.pt", weights_only=False)["model"]
        teacher = model_of(taught, of_depth(config, taught), len(start["embedding.weight"]))
        teacher.to(at).eval().requires_grad_(False)
        if settings["compile"]:
            teacher.compile_layers()
    width = config["model"]["width"]
    to_original = nn.Linear(width, width)  # only for the training
    nn.init.eye_(to_original.weight)
    to_original.to(at)
    originals = Originals(work, corpus)

    heads = [*model.heads.parameters(), *model.convolution.parameters()]
    taken = {id(parameter) for parameter in [*heads, model.embedding.weight]}
    encoder = [parameter for parameter in model.parameters() if id(parameter) not in taken] + [*to_original.parameters()]
    optimiser = Optimiser(
        [(heads, settings["learning_rate"]), (encoder, settings["encoder_learning_rate"])],
        [([model.embedding.weight], settings["embedding_learning_rate"])],
        settings["weight_decay"],
    )
    watched = dev_sample(corpus, settings["dev_rows"], settings["seed"])
    run = Run(
        folder / "checkpoint.pt",
        settings["minutes"],
        settings,
        {"model": model, "to_original": to_original, "optimiser": optimiser},
        lambda: dev_scores(model, corpus, watched, config["model"]["max_length"]),
    )
    soft = SoftLabels(corpus)
    sampler = Sampler(corpus, config, settings["seed"] + run.step * processes + rank)
    if "soft" in run.kept:
        soft.values, soft.has = run.kept["soft"]
        sampler.add_transfer(*soft.transferable(corpus))
    batches = sampler.batches(settings["batch_tokens"], config["model"]["max_length"])
    warm, weights = settings["warm_minutes"] * 60, settings["weight"] | {"likeness": settings["likeness"]}
    model.train()

    while run.goes_on:
        warming = run.elapsed < warm
        sampler.translations = settings["warm_translations"] if warming else 1.0
        # The pretrained layers rest until the new embeddings and heads have found their place: what they pull at first is noise.
        model.layers.requires_grad_(not warming)
        rows, transfer, ids, mask = next(batches)
        if teacher is None and not soft.values and run.progress >= settings["soft_from"]:
            soft.fill(model, corpus, config, seconds=settings["soft_minutes"] * 60)
            sampler.add_transfer(*soft.transferable(corpus))
            run.kept["soft"] = (soft.values, soft.has)
            model.train()
        ids, mask = ids.to(at), mask.to(at)
        with torch.autocast(at.type, torch.bfloat16):
            features = model.features(ids, mask)
            sentences = to_original(features.mean)
            # Each text's n-gram path is left out now and then: the encoder must be able to do without it.
            logits = model.label(features.without_ngrams((torch.rand(len(rows), 1, device=at) >= settings["ngram_dropout"]).float()))
        per_task = losses(logits, rows, corpus, sampler.smoothing, soft, transfer)
        if teacher is not None:
            with torch.no_grad(), torch.autocast(at.type, torch.bfloat16):
                targets = teacher(ids, mask)
            share = settings["teacher_share"]
            for task, value in soft_losses({task: logits[task] for task in SoftLabels.TASKS}, targets).items():
                per_task[task] = (1 - share) * per_task.get(task, 0.0) + share * value
        likeness = originals.loss(sentences, rows)
        if likeness is not None:
            per_task["likeness"] = likeness
        # Long texts come in batches of fewer rows: weigh by rows, damped, so they do not count for more.
        scale = (len(rows) / 100) ** 0.5
        loss = scale * sum(weights[task] * value for task, value in per_task.items())
        optimiser.step(loss, learning_factor(run.progress))
        run.stepped(int(mask.sum()), per_task)
    keep_some(earlier, model, settings["earlier_share"])
    run.finish()


def main() -> None:
    given = arguments(__doc__, with_threads=True).parse_args()
    config = load(given.config, given.tier)
    in_processes(train, (given.work, config), given.threads, config["train"]["processes"])


if __name__ == "__main__":
    main()
