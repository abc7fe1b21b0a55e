"""What people use to teach labels of their own, each as `teach(train, test_texts) -> labels of the tests`, on one thread."""

import math
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sets import Rows
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer

Labels = list[tuple[str, ...]]
Score = Callable[[Rows, list[str]], np.ndarray]  # float [texts, labels], labels in alphabetical order
PARTS = 3  # of the rows, when something is chosen on them
MOST_TOKENS = 64  # of a text, for SetFit
THRESHOLDS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7]


def names(rows: Rows) -> list[str]:
    return sorted({label for labels in rows.labels for label in labels})


def macro_f1(gold: Labels, found: Labels) -> float:
    """Of the labels that the gold rows have."""
    binarizer = MultiLabelBinarizer(classes=sorted({label for labels in gold for label in labels}))
    known = set(binarizer.classes)
    kept = [tuple(label for label in labels if label in known) for labels in found]
    return float(f1_score(binarizer.fit_transform(gold), binarizer.transform(kept), average="macro", zero_division=0))


def left_out(score: Score, rows: Rows) -> np.ndarray:
    """Scores that each row gets from the others' parts."""
    every = names(rows)
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    order.sort(key=lambda at: rows.labels[at])  # stable: in shuffled order within a label
    scores = np.zeros((len(rows), len(every)))
    for part in range(PARTS):
        own = order[part::PARTS]
        others = rows.taken([at for at in range(len(rows)) if at not in set(own)])
        scores[np.ix_(own, [every.index(name) for name in names(others)])] = score(others, [rows.texts[at] for at in own])
    return scores


def assign(scores: np.ndarray, every: list[str], threshold: float | None) -> Labels:
    if threshold is None:
        return [(every[at],) for at in scores.argmax(1)]
    return [tuple(every[at] for at in np.flatnonzero(row >= threshold)) for row in scores]


def best_threshold(scores: np.ndarray, rows: Rows) -> float:
    return max(THRESHOLDS, key=lambda threshold: macro_f1(rows.labels, assign(scores, names(rows), threshold)))


def label(score: Score, rows: Rows, texts: list[str]) -> Labels:
    threshold = best_threshold(left_out(score, rows), rows) if rows.is_multi else None
    return assign(score(rows, texts), names(rows), threshold)


def tf_idf(rows: Rows, texts: list[str]) -> np.ndarray:
    one = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    if not rows.is_multi:
        return make_pipeline(words, one).fit(rows.texts, [labels[0] for labels in rows.labels]).predict_proba(texts)
    targets = MultiLabelBinarizer(classes=names(rows)).fit_transform(rows.labels)
    return make_pipeline(words, OneVsRestClassifier(one)).fit(rows.texts, targets).predict_proba(texts)


def fasttext(settings: dict) -> Score:
    import fasttext as library

    def flat(text: str) -> str:
        return " ".join(text.lower().split())

    def score(rows: Rows, texts: list[str]) -> np.ndarray:
        every = names(rows)
        place = {name: at for at, name in enumerate(every)}
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for text, labels in zip(rows.texts, rows.labels, strict=True):
                file.write(" ".join(f"__label__{place[name]}" for name in labels) + f" {flat(text)}\n")
            file.flush()
            loss = "ova" if rows.is_multi else "softmax"
            fixed = {"loss": loss, "bucket": 100_000, "thread": 1, "verbose": 0, "minCount": 1}
            model = library.train_supervised(file.name, **fixed, **settings)
        scores = np.zeros((len(texts), len(every)))
        for row, text in enumerate(texts):
            for name, value in zip(*model.predict(flat(text), k=len(every)), strict=True):
                scores[row, int(name.removeprefix("__label__"))] = value
        return scores

    return score


# Chosen one line after another, each with the best of the lines before.
FASTTEXT_GRID = [
    [{"wordNgrams": words, "minn": least, "maxn": most} for words, least, most in ((2, 0, 0), (1, 2, 5), (2, 2, 5), (1, 3, 6))],
    [{"lr": rate, "epoch": epochs} for rate in (0.1, 0.3, 1.0) for epochs in (25, 100)],
    [{"dim": width} for width in (20, 50, 100)],
]


def tuned_fasttext(rows: Rows) -> dict:
    """Settings that label left-out parts of the rows best."""
    best = {"wordNgrams": 1, "minn": 2, "maxn": 5, "lr": 0.5, "epoch": 50, "dim": 50}
    for line in FASTTEXT_GRID:
        tried = [best | settings for settings in line]
        qualities = []
        for settings in tried:
            try:
                scores = left_out(fasttext(settings), rows)
            except RuntimeError:  # "Encountered NaN", as with a rate that is too high
                qualities.append(-1.0)
                continue
            threshold = best_threshold(scores, rows) if rows.is_multi else None
            qualities.append(macro_f1(rows.labels, assign(scores, names(rows), threshold)))
        best = tried[int(np.argmax(qualities))]
    return best


def encoder_folder(work: Path) -> Path:
    """The recipe's pretrained encoder (multilingual-e5-small, the pieces that 17 languages use) as transformers reads it."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = work / "encoder-for-transformers"
    if (folder / "config.json").exists():
        return folder
    saved = torch.load(work / "encoder.pt", weights_only=True)
    shape, own = saved["shape"], saved["weights"]
    config = BertConfig(
        vocab_size=len(own["words.weight"]),
        hidden_size=shape["width"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["feed_forward"],
        max_position_embeddings=shape["positions"],
        type_vocab_size=len(own["types.weight"]),
        layer_norm_eps=shape["epsilon"],
    )
    model = BertModel(config, add_pooling_layer=False)
    inner = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value"}
    inner |= {"attention_out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm"}
    inner |= {"feed_forward_in": "intermediate.dense", "feed_forward_out": "output.dense", "feed_forward_norm": "output.LayerNorm"}
    outer = {"words": "word_embeddings", "positions": "position_embeddings", "types": "token_type_embeddings", "norm": "LayerNorm"}
    state = {}
    for name, values in own.items():
        first, *rest = name.split(".")
        if first == "layers":
            state[f"encoder.layer.{rest[0]}.{inner[rest[1]]}.{rest[2]}"] = values
        else:
            state[f"embeddings.{outer[first]}.{rest[0]}"] = values
    model.load_state_dict(state, strict=True)
    model.save_pretrained(folder)
    special = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}
    special |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(work / "tokenizer.json"), model_max_length=shape["positions"], **special)
    tokenizer.save_pretrained(folder)
    return folder


def epoch_steps(rows: Rows) -> int:
    """Batches of 16 in one of SetFit's epochs: all pairs of rows, the rarer of alike and unlike ones repeated to as many as the others."""
    counts = Counter(labels[0] for labels in rows.labels).values()
    alike = sum(count * (count + 1) // 2 for count in counts)
    unlike = len(rows) * (len(rows) + 1) // 2 - alike
    return math.ceil(2 * max(alike, unlike) / 16)


def setfit(work: Path, most_steps: int, seed: int) -> Callable[[Rows, list[str]], Labels]:
    """SetFit's own trainer with its defaults: one epoch over its pairs, at most `most_steps` of 16; single-label tasks.

    On a GPU if there is one.
    """
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from setfit import SetFitModel, Trainer, TrainingArguments

    folder = encoder_folder(work)
    device = "cuda" if torch.cuda.is_available() else "cpu"

    def run(rows: Rows, texts: list[str]) -> Labels:
        layers = Transformer(str(folder), max_seq_length=MOST_TOKENS)
        body = SentenceTransformer(modules=[layers, Pooling(layers.get_embedding_dimension()), Normalize()], device=device)
        every = names(rows)
        model = SetFitModel(model_body=body, model_head=LogisticRegression(max_iter=1000))
        # As the encoder's authors ask for.
        asked = ["query: " + text for text in rows.texts]
        data = Dataset.from_dict({"text": asked, "label": [every.index(labels[0]) for labels in rows.labels]})
        with tempfile.TemporaryDirectory() as folder_of_run:
            arguments = TrainingArguments(
                output_dir=folder_of_run,
                batch_size=16,
                num_epochs=1,
                max_steps=most_steps if epoch_steps(rows) > most_steps else -1,  # else it would go on past the epoch
                seed=seed,
                report_to="none",
                save_strategy="no",
                show_progress_bar=False,
            )
            trainer = Trainer(model=model, args=arguments, train_dataset=data)
            trainer.train()
        print(f"SetFit: {trainer.st_trainer.state.global_step} steps", file=sys.stderr)
        found = model.predict(["query: " + text for text in texts], batch_size=32, use_labels=False)
        return [(every[int(at)],) for at in found]

    return run
