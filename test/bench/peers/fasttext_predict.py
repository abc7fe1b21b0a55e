"""fastText: the floor of simplicity. Trained here on labelled texts, so that its quality stands beside its speed.

usage: fasttext_predict.py INPUT.csv LABELLED.csv MODEL.bin
"""

import csv
import os
import sys
from collections.abc import Callable

import fasttext
from measure import measure, read_texts


def train(labelled: str, model: str) -> None:
    """Every third row is held out; macro-F1 of sentiment on those goes to stderr as `macro_f1 0.123`."""
    with open(labelled, encoding="utf-8", newline="") as file:
        rows = [(row["sentiment"], " ".join(row["comment"].lower().split())) for row in csv.DictReader(file)]
    rows = [(label, text) for label, text in rows if label and text]
    with open(f"{model}.txt", "w", encoding="utf-8") as file:
        file.writelines(f"__label__{label} {text}\n" for at, (label, text) in enumerate(rows) if at % 3 > 0)
    trained = fasttext.train_supervised(f"{model}.txt", dim=32, epoch=15, minn=2, maxn=4, bucket=200000, thread=1, verbose=0)
    held_out = rows[::3]
    guesses = [trained.predict(text)[0][0].removeprefix("__label__") for _, text in held_out]
    f1 = []
    for label in sorted({label for label, _ in held_out}):
        hits = sum(gold == guess == label for (gold, _), guess in zip(held_out, guesses, strict=True))
        found = sum(guess == label for guess in guesses)
        there = sum(gold == label for gold, _ in held_out)
        f1.append(2 * hits / (found + there))
    with open(f"{model}.quality", "w", encoding="utf-8") as file:
        file.write(f"{sum(f1) / len(f1):.3f} {len(held_out)}")
    trained.save_model(model)


def main() -> None:
    path, labelled, model = sys.argv[1:4]
    if not os.path.exists(model):
        train(labelled, model)

    def load() -> Callable[[list[str]], int]:
        trained = fasttext.load_model(model)

        def label(texts: list[str]) -> int:
            for text in texts:
                trained.predict(" ".join(text.lower().split()), k=3)
            return 0

        return label

    measure(read_texts(path), load)


main()
