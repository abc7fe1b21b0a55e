"""What people use for this job, each as `label(texts) -> classes` for one task, on one thread."""

import csv
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import few_shot
import numpy as np
import torch
from batches import in_batches
from tokenizers import Tokenizer
from torch import nn
from training import predict

from sets import to_classes

Label = Callable[[list[str]], np.ndarray]
HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WIDTH = 256  # of the static vectors


def flat(text: str) -> str:
    return " ".join(text.lower().split())


def fasttext(texts: list[str], classes: np.ndarray) -> Label:
    import fasttext as library

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {flat(text)}\n" for text, label in zip(texts, classes, strict=True))
        file.flush()
        model = library.train_supervised(file.name, dim=100, epoch=10, minn=2, maxn=5, wordNgrams=2, bucket=500_000, thread=1, verbose=0)

    def label(texts: list[str]) -> np.ndarray:
        return np.array([int(model.predict(flat(text))[0][0].removeprefix("__label__")) for text in texts])

    return label


def tf_idf(texts: list[str], classes: np.ndarray) -> Label:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, max_features=200_000, sublinear_tf=True)
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=5, max_features=200_000, sublinear_tf=True)
    model = make_pipeline(
        make_union(words, parts), LogisticRegression(C=2.0, max_iter=100, class_weight="balanced", solver="saga", tol=1e-2)
    )
    return model.fit(texts, classes).predict


class StaticVectors:
    """The encoder's last layer for each piece alone, its main directions, frequent pieces weighing less: as model2vec does it."""

    def __init__(self, encoder: nn.Module, tokenizer: Tokenizer, texts: list[str]) -> None:
        from sklearn.decomposition import PCA

        pieces = encoder.shape.pieces
        counts = np.ones(pieces)
        for _, ids, mask in in_batches(tokenizer, texts, 65_536, 256):
            np.add.at(counts, ids.numpy()[mask.numpy() == 1], 1)
        table = np.zeros((pieces, encoder.shape.width), np.float32)
        with torch.no_grad():
            for start in range(0, pieces, 1024):
                ids = torch.arange(start, min(start + 1024, pieces))[:, None]
                framed = torch.cat([torch.zeros_like(ids), ids, torch.full_like(ids, 2)], 1)
                _, vectors = encoder(framed, torch.ones_like(framed))
                table[start : start + len(ids)] = vectors[:, : encoder.shape.width]
        weights = 1e-3 / (1e-3 + counts / counts.sum())
        self.table = (PCA(WIDTH, random_state=1).fit_transform(table) * weights[:, None]).astype(np.float32)
        self.tokenizer = tokenizer

    def __call__(self, texts: list[str]) -> np.ndarray:
        encodings = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        means = np.stack([self.table[each.ids].mean(0) if each.ids else np.zeros(WIDTH, np.float32) for each in encodings])
        return means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)


def static(vectors: StaticVectors, texts: list[str], classes: np.ndarray) -> Label:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=500, class_weight="balanced").fit(vectors(texts), classes)
    return lambda texts: model.predict(vectors(texts))


def in_transformers(model: nn.Module, tokenizer: Tokenizer, task: str, about: dict) -> Label:
    """The teacher in the classes of transformers: BertModel on torch, batches of 32 in the order of the rows, as its pages show."""
    from transformers import BertConfig, BertModel

    shape = model.shape
    config = BertConfig(
        vocab_size=shape.pieces,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=1,
    )
    bert = BertModel(config, add_pooling_layer=False).eval()
    own = model.state_dict()
    names = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value"}
    names |= {"attention_out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm"}
    names |= {"feed_forward_in": "intermediate.dense", "feed_forward_out": "output.dense", "feed_forward_norm": "output.LayerNorm"}
    state = {"embeddings.word_embeddings.weight": own["words.weight"], "embeddings.position_embeddings.weight": own["positions"]}
    state["embeddings.token_type_embeddings.weight"] = torch.zeros(1, shape.width)
    state |= {f"embeddings.LayerNorm.{kind}": own[f"norm.{kind}"] for kind in ("weight", "bias")}
    for layer in range(shape.layers):
        for ours, theirs in names.items():
            for kind in ("weight", "bias"):
                state[f"encoder.layer.{layer}.{theirs}.{kind}"] = own[f"layers.{layer}.{ours}.{kind}"]
    bert.load_state_dict(state, strict=True)
    number = list(model.heads).index(task)

    @torch.no_grad()
    def label(texts: list[str]) -> np.ndarray:
        found = []
        for start in range(0, len(texts), 32):
            encodings = tokenizer.encode_batch(texts[start : start + 32])
            length = min(shape.positions, max(len(each.ids) for each in encodings))
            ids = torch.ones(len(encodings), length, dtype=torch.int64)
            mask = torch.zeros_like(ids)
            for row, each in enumerate(encodings):
                kept = each.ids[:length]
                ids[row, : len(kept)], mask[row, : len(kept)] = torch.tensor(kept), 1
            x = bert(input_ids=ids, attention_mask=mask).last_hidden_state
            real = mask.float()
            mean = (x * real[:, :, None]).sum(1) / real.sum(1, keepdim=True)
            weights = torch.softmax(model.looks(x)[:, :, number] + (1 - real) * -1e4, -1)
            logits = model.heads[task](torch.cat([mean, (weights[:, :, None] * x).sum(1)], -1))
            found.append(logits.argmax(-1).numpy())
        return to_classes(about, 1 << np.concatenate(found))

    return label


class Served:
    """A program that has its model loaded and labels in a process of its own: a line of JSON for each request, one for each answer."""

    def __init__(self, words: list[str]) -> None:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment)
        self(["ready"])

    def __call__(self, texts: list[str]) -> object:
        self.process.stdin.write(json.dumps(texts) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args[:2]} ended with {self.process.wait()}")
        return json.loads(answer)


def in_transformers_js(bundle: Path, prefix: Path, task: str, about: dict) -> Label:
    """The graph of a bundle in transformers.js, which is installed at `prefix`: its tokenizer and session, batches of 32."""
    folder = prefix / "own"
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    shutil.copy(bundle / "model.onnx", folder / "onnx" / "model.onnx")
    shutil.copy(bundle / "tokenizer.json", folder / "tokenizer.json")
    length = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["max_length"]
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}
    named = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": length, **special}
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", "architectures": ["BertModel"]}))
    (folder / "tokenizer_config.json").write_text(json.dumps(named))
    served = Served(["node", str(HERE / "transformers-js.mjs"), str(folder), str(prefix), task, str(length)])
    return lambda texts: to_classes(about, 1 << np.array(served(texts), np.int64))


def in_infinity(python: Path, work: Path, texts: list[str], classes: np.ndarray) -> Label:
    """Sentence vectors of the pretrained encoder, served by infinity on one core, and a logistic regression on them."""
    from sklearn.linear_model import LogisticRegression

    served = Served([str(python), str(HERE / "infinity_vectors.py"), str(few_shot.encoder_folder(work))])

    def vectors(texts: list[str]) -> np.ndarray:
        return np.array(served([few_shot.ASKED + text for text in texts]), np.float32)

    model = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced").fit(vectors(texts), classes)
    return lambda texts: model.predict(vectors(texts))


def setfit(work: Path, texts: list[str], classes: np.ndarray, each: int) -> Label:
    """Taught with `each` rows of a class."""
    kept = [place for number in np.unique(classes) for place in np.flatnonzero(classes == number)[:each]]
    return few_shot.setfit(work, [texts[place] for place in kept], classes[kept].tolist(), most_steps=1000, seed=1)


def voxpop(bundle: str, task: str, about: dict) -> Label:
    """The command itself, one worker; its start and loading included."""

    def label(texts: list[str]) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            path, out = Path(folder, "in.csv"), Path(folder, "out.csv")
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["comment"])
                writer.writerows([text] for text in texts)
            words = ["score", str(path), "-o", str(out), "-m", bundle, "--text", "comment", "--workers", "1", "--quiet"]
            words += ["--tasks", task, "--keep-non-answers"]
            subprocess.run(["node", str(ROOT / "bin/voxpop.js"), *words], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
            csv.field_size_limit(10**9)
            with out.open(encoding="utf-8", newline="") as file:
                labels = [row[task] for row in csv.DictReader(file)]
        places = np.array([about["labels"].index(label) if label else -1 for label in labels])
        return np.where(places < 0, -1, to_classes(about, 1 << np.maximum(places, 0)))

    return label


def check_teacher(label: Label, model: nn.Module, tokenizer: Tokenizer, task: str, about: dict, texts: list[str]) -> None:
    """Raises if the teacher in transformers is not the teacher."""
    logits, _ = predict(model, tokenizer, texts, model.shape.positions)
    same = (label(texts) == to_classes(about, 1 << logits[task].argmax(-1))).mean()
    assert same > 0.97, json.dumps({"task": task, "same": same})
