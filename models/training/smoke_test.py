"""Runs every step of the recipe on tiny data made here, and checks the bundle that comes out.

python smoke_test.py
"""

import copy
import hashlib
import json
import lzma
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import bundle
import bundle_weights
import compress
import corpus
import distil
import embeddings
import evaluate
import phrases
import pretrained
import tokenizer
import train
from batches import Corpus, Sampler
from loop import Optimiser, in_processes
from model import as_four_bits
from settings import load, overlay
from static_int8 import open_session, shrink_tables

HERE = Path(__file__).parent
LIMIT_BYTES = 16_000_000

# A made-up language per code: the same 'meanings' in other words, so that labels can transfer.
WORDS = {
    "good": {"en": "great", "de": "toll", "zh": "很好"},
    "bad": {"en": "awful", "de": "mies", "zh": "很差"},
    "room": {"en": "room", "de": "zimmer", "zh": "房间"},
    "staff": {"en": "staff", "de": "personal", "zh": "服务员"},
    "price": {"en": "price", "de": "preis", "zh": "价格"},
    "crash": {"en": "crashes", "de": "abstürzt", "zh": "崩溃"},
    "add": {"en": "please add", "de": "bitte ergänzen", "zh": "请增加"},
    "and": {"en": "and", "de": "und", "zh": "和"},
    "very": {"en": "very", "de": "sehr", "zh": "非常"},
    "angry": {"en": "furious 😡", "de": "wütend 😡", "zh": "生气 😡"},
}
TOPICS = {"room": "facilities_ambience", "staff": "service_staff", "price": "price_value"}


def make_row(rng: random.Random, number: int) -> tuple[list[str], dict]:
    """Meanings, and their labels."""
    things = rng.sample(list(TOPICS), rng.choice([1, 1, 2]))
    mood = rng.choice(["good", "bad", None])
    meanings = [*things, *(["very"] if rng.random() < 0.5 else []), *([mood] if mood else ["and"])]
    labels: dict = {"sentiment": {"good": "positive", "bad": "negative", None: "neutral"}[mood], "topic": sorted(TOPICS[t] for t in things)}
    if number % 2:
        extra = rng.choice(["crash", "add", "angry", None])
        meanings += [extra] if extra else []
        labels["feedback_type"] = [{"crash": "problem_report", "add": "suggestion"}.get(extra or "", "none")]
        labels["emotion"] = ["anger"] if extra == "angry" else ["neutral"]
    rng.shuffle(meanings)
    return meanings, labels


def write_data(folder: Path, rows: int = 900) -> None:
    rng = random.Random(5)
    made = [make_row(rng, number) for number in range(rows)]
    for language in ("en", "de", "zh"):
        with lzma.open(folder / f"{language}.jsonl.xz", "wt", encoding="utf-8") as file:
            for number, (meanings, labels) in enumerate(made):
                text = (" " if language != "zh" else "").join(WORDS[m][language] for m in meanings) + f" {number}"
                row = {"text": text, "source": f"made_{number % 3}", "split": ["train", "train", "train", "dev", "test"][number // 3 % 5]}
                known = labels if language == "en" else {task: labels[task] for task in ("sentiment", "topic")}
                row |= {"labels": known, "pid": str(number), "emotion_space": ["anger", "neutral"]}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with lzma.open(folder / "parallel.tsv.xz", "wt", encoding="utf-8") as file:
        for word in WORDS.values():
            file.write(f"de\tmade\t{word['en']} it is\t{word['de']} ist es\n")


def write_encoder(folder: Path, width: int, layers: int) -> None:
    """A package that carries a small English encoder of random weights, in the form that the real one has."""
    model = folder / "tiny_encoder" / "model"
    model.mkdir(parents=True)
    (model.parent / "__init__.py").touch()
    words = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    words.train_from_iterator(
        [word["en"] for word in WORDS.values()], trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    )
    words.save(str(model / "tokenizer.json"))
    generator = torch.Generator().manual_seed(3)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator) * 0.1

    weights = {
        "embeddings.word_embeddings.weight": normal(words.get_vocab_size(), width),
        "embeddings.position_embeddings.weight": normal(512, width),
        "embeddings.token_type_embeddings.weight": normal(2, width),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}."
        norms += [prefix + "attention.output.LayerNorm", prefix + "output.LayerNorm"]
        shapes = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
        shapes |= {"attention.output.dense": (width, width), "intermediate.dense": (2 * width, width), "output.dense": (width, 2 * width)}
        for name, shape in shapes.items():
            weights |= {f"{prefix}{name}.weight": normal(*shape), f"{prefix}{name}.bias": torch.zeros(shape[0])}
    for norm in norms:
        weights |= {f"{norm}.weight": torch.ones(width), f"{norm}.bias": torch.zeros(width)}
    save_file(weights, model / "model.safetensors")


def small(config: dict) -> dict:
    config = copy.deepcopy(config)
    config["data"] |= {"languages": ["de", "en", "zh"], "held_out": ["made_2"]}
    config["tokenizer"] |= {"pieces": 400, "alphabet": 200, "min_frequency": 2}
    config["embeddings"] |= {"width": 32, "epochs": 2}
    config["model"] |= {"width": 32, "layers": 1, "heads": 2, "feed_forward": 64}
    config["pretrained"] |= {"package": "tiny_encoder", "layers": [1], "language_steps": 50}
    config["distil"] |= {"minutes": 0.15, "warm_minutes": 0.03, "embedding_learning_rate": 5e-3}
    config["phrases"] |= {"minutes": 0.05, "buckets": 500}
    config["evaluate"] |= {"robustness_rows": 20}
    config["train"] |= {
        "minutes": 0.25,
        "warm_minutes": 0.03,
        "encoder_learning_rate": 2e-3,
        "embedding_learning_rate": 5e-3,
        "checkpoint_minutes": 0.05,
        "dev_minutes": 0.1,
        "soft_minutes": 0.05,
        "draw_rows": 512,
        "compile": False,
    }
    config["compress"] |= {"calibration_batches": 8, "dev_rows": 30}
    return config


def check(out: Path, about: dict) -> None:
    assert about["format_version"] == 1 and about["batch_invariant"] is True
    for file in about["files"]:
        content = (out / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"]), file
    assert sum(path.stat().st_size for path in out.iterdir()) <= LIMIT_BYTES

    model = onnx.load(out / "model.onnx")
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx", "com.microsoft"}
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)
    session = open_session(out / "model.onnx")
    assert [(i.name, i.type, i.shape) for i in session.get_inputs()] == [
        (name, "tensor(int64)", ["batch", "sequence"]) for name in ("input_ids", "attention_mask")
    ]
    outputs = {output.name: output for output in session.get_outputs()}
    assert list(outputs) == [task["output"] for task in about["tasks"]]
    for task in about["tasks"]:
        assert outputs[task["output"]].shape == ["batch", len(task["labels"])], task["name"]
        assert ("thresholds" in task) == (task["problem_type"] == "multi_label_classification")
        assert len(task.get("thresholds", task["labels"])) == len(task["labels"])

    # Padding changes next to nothing: attention_mask is obeyed.
    ids = np.array([[1, 9, 8, 7, 2]])
    plain = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    padded = session.run(None, {"input_ids": np.pad(ids, ((0, 0), (0, 9))), "attention_mask": np.pad(np.ones_like(ids), ((0, 0), (0, 9)))})
    assert all(np.abs(a - b).max() < 1e-2 for a, b in zip(plain, padded, strict=True))
    # It learned something: the made-up language is easy.
    assert about["metrics"]["test"]["sentiment"]["macro_f1"] > 0.6, about["metrics"]["test"]["sentiment"]


def check_earlier_weights(work: Path, config: dict) -> None:
    """A training that goes on from earlier weights and keeps the whole of them gives them back; what they did not read is the pretrained."""
    folder, read = work / config["bundle"]["name"], 100
    before = torch.load(folder / "model.pt", weights_only=False)["model"]
    pretrained_positions = torch.load(work / "start.pt", weights_only=True)["positions"]
    short = before["positions"][:read]
    torch.save({"model": before | {"positions": short}}, folder / "start.pt")
    before["positions"] = torch.cat([short, pretrained_positions[read:]])
    (folder / "checkpoint.pt").unlink()
    compiled = shutil.which("g++") is not None  # compiled layers are the same layers
    train.train(work, overlay(config, {"train": {"minutes": 0.02, "earlier_share": 1.0, "compile": compiled}}), threads=1)
    after = torch.load(folder / "model.pt", weights_only=False)
    assert after["step"] > 0
    assert all(torch.equal(before[name], values) for name, values in after["model"].items())
    (folder / "start.pt").unlink()


def train_apart(work: Path, config: dict, changes: dict) -> dict[str, torch.Tensor]:
    """The weights of one more short training from the start; the trained model.pt stays as it is."""
    folder = work / config["bundle"]["name"]
    (folder / "checkpoint.pt").unlink()
    kept = (folder / "model.pt").rename(folder / "kept.pt")
    train.train(work, overlay(config, {"train": changes}), threads=1)
    after = torch.load(folder / "model.pt", weights_only=False)["model"]
    kept.rename(folder / "model.pt")
    return after


def check_warm(work: Path, config: dict) -> None:
    """At first the pretrained layers rest, and the rest does not."""
    before = torch.load(work / "start.pt", weights_only=True)
    after = train_apart(work, config, {"minutes": 0.02, "warm_minutes": 1.0})
    assert all(torch.equal(before[name], values) == name.startswith("layers.") for name, values in after.items() if "norm" not in name)


def check_teacher(work: Path, config: dict) -> None:
    """A teacher's scores are learned: one that finds everything neutral draws that label's bias up, and the others' down."""
    folder, before = work / config["bundle"]["name"], torch.load(work / "start.pt", weights_only=True)
    model = train.load_model(work, config)
    bias = next(name for name, _ in model.named_parameters() if name.startswith("heads.") and name.endswith("bias"))
    weights = model.state_dict()
    weights[bias][:3] = torch.tensor([-9.0, 9.0, -9.0])
    torch.save({"model": weights}, folder / "teacher.pt")
    torch.save({"model": before | {bias: torch.zeros_like(weights[bias])}}, folder / "start.pt")
    after = train_apart(work, config, {"minutes": 0.03, "warm_minutes": 0.0, "teacher_share": 1.0, "earlier_share": 0.0})
    negative, neutral, positive = after[bias][:3].tolist()
    assert neutral > 0 > max(negative, positive), (negative, neutral, positive)
    for name in ("teacher.pt", "start.pt", "checkpoint.pt"):
        (folder / name).unlink()


def check_bundle_weights(work: Path, out: Path, config: dict) -> None:
    """A bundle gives back the weights that it was made from, up to their rounding; all but the heads', which calibration has scaled."""
    folder = work / config["bundle"]["name"]
    trained, trained_phrases = (torch.load(folder / name, weights_only=False)["model"] for name in ("model.pt", "phrases.pt"))
    bundle_weights.build(work, config, out, without_layers=False)
    found, found_phrases = (torch.load(folder / name, weights_only=False)["model"] for name in ("start.pt", "phrases.pt"))
    for before, after in ((trained, found), (trained_phrases, found_phrases)):
        assert before.keys() == after.keys()
        for name, values in before.items():
            if not name.startswith(("head", "piece_languages")):
                assert (after[name] - values).norm() <= 0.15 * values.norm(), name


def check_four_bits(folder: Path) -> None:
    """A table is rounded in training as in the compressed model, which unpacks it as it was packed."""
    table = torch.randn(40, 64, generator=torch.Generator().manual_seed(4))
    values = [
        helper.make_tensor_value_info(name, kind, ["B", "T"])
        for name, kind in (("input_ids", TensorProto.INT64), ("out", TensorProto.FLOAT))
    ]
    gather = helper.make_node("Gather", ["table", "input_ids"], ["out"])
    graph = helper.make_graph([gather], "lookup", values[:1], values[1:], [numpy_helper.from_array(table.numpy(), "table")])
    graph.output[0].type.tensor_type.shape.dim.add().dim_value = 64
    shrink_tables(graph, bits=4)
    opsets = [helper.make_opsetid("", compress.OPSET), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "lookup.onnx")
    (found,) = open_session(folder / "lookup.onnx").run(None, {"input_ids": np.arange(40)[None]})
    assert np.abs(found[0] - as_four_bits(table).numpy()).mean() < 1e-3 < np.abs(found[0] - table.numpy()).mean() < 0.1


class OneDevice(TorchDispatchMode):
    """Fails on every operation, in the backward pass too, that mixes tensors of two devices, as one on a GPU would."""

    def __torch_dispatch__(self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None) -> object:
        seen = {value.device.type for value in tree_leaves((args, kwargs)) if isinstance(value, torch.Tensor) and value.dim()}
        moves = function in (torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default)
        assert moves or len(seen) < 2, f"{function} is given tensors on {seen}"
        return function(*args, **(kwargs or {}))


def check_devices(work: Path, config: dict) -> None:
    """Training steps with the model elsewhere than the data. `meta` stands in for a GPU: it computes nothing, but has its place."""
    labelled = Corpus.load(work)
    soft = train.SoftLabels(labelled)
    soft.fill(train.load_model(work, config), labelled, config, seconds=60)
    sampler, originals = Sampler(labelled, config, 1), train.Originals(work, labelled)
    sampler.add_transfer(*soft.transferable(labelled))
    batches = sampler.batches(512, config["model"]["max_length"])
    model = train.load_model(work, config)
    model.phrases = phrases.load_phrases(work / config["bundle"]["name"] / "phrases.pt")
    model.to("meta")
    tables = [part.weight for part in model.modules() if isinstance(part, torch.nn.Embedding) and part.sparse]
    others = [parameter for parameter in model.parameters() if not any(parameter is one for one in tables)]
    optimiser = Optimiser([(others, 1e-3)], [(tables, 1e-3)], 0.01)
    seen: set[str] = set()
    with OneDevice():
        for _ in range(16):
            rows, transfer, ids, mask = next(batches)
            ids, mask = ids.to("meta"), mask.to("meta")
            found = train.losses(model(ids, mask), rows, labelled, sampler.smoothing, soft, transfer)
            likeness = originals.loss(model.features(ids, mask).mean, rows)
            found |= {} if likeness is None else {"likeness": likeness}
            optimiser.step(sum(found.values()), 1.0)
            seen |= set(found)
    assert seen == {*train.task_sizes(config), "likeness"}, seen


def check_calibration(work: Path, config: dict) -> None:
    """Calibrated scores are those of the model and its phrases, each times a number, plus one per label: no path is left out."""
    model = train.load_model(work, config).eval()
    ids = torch.randint(4, 300, (16, 9), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        before = {task: [values.numpy()] for task, values in model(ids, torch.ones_like(ids)).items()}
        if config["model"]["phrases"]:
            for task, values in phrases.load_phrases(work / config["bundle"]["name"] / "phrases.pt")(ids, torch.ones_like(ids)).items():
                before[task].append(values.numpy())
    session = open_session(work / config["bundle"]["name"] / "model-fp32.onnx")
    after = session.run(list(before), {"input_ids": ids.numpy(), "attention_mask": np.ones((16, 9), np.int64)})
    for task, calibrated in zip(before, after, strict=True):
        if task == "language":  # whose table has a weight of its own
            continue
        change = (calibrated - calibrated[0]).ravel()
        parts = np.stack([(part - part[0]).ravel() for part in before[task]], -1)
        scales = np.linalg.lstsq(parts, change, rcond=None)[0]
        assert (scales > 0).all() and np.allclose(change, parts @ scales, rtol=1e-3, atol=1e-3), (task, scales)


def main() -> None:
    started = time.monotonic()
    config, micro = (small(load(HERE / "config.toml", tier)) for tier in (None, "micro"))
    with tempfile.TemporaryDirectory() as folder:
        data, work, out = Path(folder, "data"), Path(folder, "work"), Path(folder, "bundle")
        data.mkdir()
        write_data(data)
        corpus.build(data, work, config)
        tokenizer.build(work, config, None)
        embeddings.build(work, config)
        write_encoder(Path(folder), width=32, layers=2)
        sys.path.insert(0, folder)
        pretrained.build(work, config, threads=1)
        train.train(work, config, threads=1)
        # Started again, a longer run goes on from the checkpoint instead of from the beginning.
        checkpoint = work / config["bundle"]["name"] / "checkpoint.pt"
        first = torch.load(checkpoint, weights_only=False)
        config["train"] |= {"minutes": first["elapsed"] / 60 + 0.1, "meet_steps": 4}
        in_processes(train.train, (work, config), threads=2, wanted=2)
        assert torch.load(checkpoint, weights_only=False)["step"] > first["step"] > 0
        check_earlier_weights(work, config)
        check_warm(work, config)
        check_teacher(work, config)
        phrases.train(work, config, threads=1)
        check_devices(work, config)
        check_four_bits(Path(folder))
        phrases.train(work, micro, threads=1)
        distil.distil(work, micro, config, threads=1)
        for tier in (config, micro):
            compress.build(work, tier)
            check_calibration(work, tier)
            bundle.build(work, out, tier)
            evaluate.build(work, out, tier, config)
            check(out, json.loads((out / "bundle.json").read_text()))
            check_bundle_weights(work, out, tier)
            shutil.rmtree(out)
    print(f"smoke test passed in {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
