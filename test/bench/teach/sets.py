"""Public taxonomies to teach from, read as they lie in checkouts of their repositories, side by side in one folder."""

import csv
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LEAST = 24  # rows of a label; those with fewer are left out
MOST_TEST = 1500
TEST_SHARE = 3  # where a set has no test rows of its own: one row in three of each label


@dataclass
class Source:
    title: str
    repository: str  # of GitHub; its name is that of the folder
    licence: str  # as stated there
    read: Callable[[Path], "Rows"]
    is_held_apart: bool  # from every choice that was made about `voxpop teach`


@dataclass
class Rows:
    texts: list[str]
    labels: list[tuple[str, ...]]
    is_test: list[bool] | None = None
    # Of the same rows, by language; texts are in English where there are any.
    translations: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.texts)

    def taken(self, places: list[int]) -> "Rows":
        translations = {language: [texts[at] for at in places] for language, texts in self.translations.items()}
        is_test = self.is_test and [self.is_test[at] for at in places]
        return Rows([self.texts[at] for at in places], [self.labels[at] for at in places], is_test, translations)

    @property
    def is_multi(self) -> bool:
        return any(len(each) > 1 for each in self.labels)


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def sheet(path: Path) -> list[tuple]:
    import openpyxl

    return list(openpyxl.load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True))[1:]


def single(pairs: list[tuple[str, str]], tests: list[tuple[str, str]] | None = None) -> Rows:
    every = pairs + (tests or [])
    marks = [False] * len(pairs) + [True] * len(tests) if tests else None
    return Rows([text for text, _ in every], [(label,) for _, label in every], marks)


def banking77(folder: Path) -> Rows:
    parts = [[(row["text"], row["category"]) for row in table(folder / f"banking_data/{name}.csv")] for name in ("train", "test")]
    return single(*parts)


def nlupp(folder: Path) -> Rows:
    """Both domains together, the intents of at least 150 rows."""
    rows = [row for path in sorted(folder.glob("nlupp/data/*/fold*.json")) for row in json.loads(path.read_text(encoding="utf-8"))]
    counts = Counter(intent for row in rows for intent in row.get("intents", []))
    kept = [(row["text"], tuple(each for each in row.get("intents", []) if counts[each] >= 150)) for row in rows]
    return Rows([text for text, labels in kept if labels], [labels for _, labels in kept if labels])


def clinc(folder: Path) -> Rows:
    """Four domains that people write to companies about."""
    domains = json.loads((folder / "data/domains.json").read_text(encoding="utf-8"))
    labels = {label for domain in ("banking", "credit_cards", "travel", "auto_and_commute") for label in domains[domain]}
    data = json.loads((folder / "data/data_full.json").read_text(encoding="utf-8"))
    return single(*[[(text, label) for text, label in data[part] if label in labels] for part in ("train", "test")])


def hwu64(folder: Path) -> Rows:
    fold = next(folder.glob("CrossValidation/autoGeneFromRealAnno/*/CrossValidation/KFold_1"))

    def read(part: str) -> list[tuple[str, str]]:
        rows = [row for path in sorted(fold.glob(f"{part}/*.csv")) for row in table(path, ";")]
        return [(row["answer_from_anno"], f"{row['scenario']}_{row['intent']}") for row in rows]

    return single(read("trainset"), read("testset/csv"))


LANGUAGES = ("ar", "de", "id", "it", "ja", "nl", "tr", "zh", "da", "sr")  # the last two are none of voxpop-mini's


def xsid(folder: Path) -> Rows:
    """The validation and test rows, which are the same in all languages, but for Japanese: it has half of them."""

    def read(language: str) -> list[dict[str, str]]:
        contents = [(folder / f"data/xSID-0.7/{language}.{part}.conll").read_text(encoding="utf-8") for part in ("valid", "test")]
        blocks = [block for block in "\n".join(contents).split("\n\n") if "# text" in block]
        return [dict(re.findall(r"^# ([\w-]+)\s*[=:] ?(.*)$", block, re.MULTILINE)) for block in blocks]

    rows = single([(row["text"], row["intent"]) for row in read("en")])
    for language in LANGUAGES:
        found = {row["text-en"].strip(): unspaced(row["text"]) if language in ("ja", "zh") else row["text"] for row in read(language)}
        rows.translations[language] = [found.get(text.strip(), "") for text in rows.texts]
    return rows


def unspaced(text: str) -> str:
    """Without the spaces between words that nobody writes in Japanese and Chinese."""
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def nhs(folder: Path) -> Rows:
    rows = table(folder / "datasets/v6framework_230831.csv")
    columns = list(rows[0])
    themes = columns[columns.index("Not assigned") + 1 :]
    themes = [theme for theme in themes if theme != "Labelling not possible" and sum(row[theme] == "1" for row in rows) >= 190]
    found = [(row["FFT answer"].strip(), tuple(theme for theme in themes if row[theme] == "1")) for row in rows]
    found = [(text, labels) for text, labels in found if text and labels]
    return Rows([text for text, _ in found], [labels for _, labels in found])


def courses(folder: Path) -> Rows:
    """Six questions to students; which of them an answer is to."""
    names = ("teaching", "course content", "examination", "lab work", "library", "extracurricular")
    rows = sheet(folder / "finalDataset0.2.xlsx")
    found = [(str(row[2 * at + 1] or "").strip(), name) for row in rows for at, name in enumerate(names)]
    # Answers of a word or two ("Good") say nothing of the question.
    return single([(text, label) for text, label in found if len(text.split()) >= 4])


def app_reviews(folder: Path) -> Rows:
    return single([(str(row[1]).strip(), str(row[2]).strip()) for row in sheet(folder / "dataset_balanced_4000.xlsx") if row[1] and row[2]])


def snips(folder: Path) -> Rows:
    root = folder / "2017-06-custom-intent-engines"

    def read(pattern: str) -> list[tuple[str, str]]:
        found = []
        for path in sorted(root.glob(pattern)):
            data = json.loads(path.read_bytes().decode("utf-8", "replace"))
            found += [("".join(part["text"] for part in row["data"]).strip(), path.parent.name) for row in data[path.parent.name]]
        return found

    return single(read("*/train_*_full.json"), read("*/validate_*.json"))


def hint3(name: str) -> Callable[[Path], Rows]:
    """What customers really wrote to a chatbot; its own training and test rows together, as the former are few."""

    def read(folder: Path) -> Rows:
        rows = [row for part in ("train", "test") for row in table(folder / f"dataset/v2/{part}/{name}_{part}.csv")]
        return single([(row["sentence"], row["label"]) for row in rows if row["label"] != "NO_NODES_DETECTED"])

    return read


def konstanz(folder: Path) -> Rows:
    return single([(row["text_raw"], row["category_child"]) for row in table(folder / "data/raw/maengelmelder_konstanz.csv")])


POLYAI, HINT3 = "PolyAI-LDN/task-specific-datasets", "hellohaptik/HINT3"
SOURCES = {
    "courses": Source("course feedback", "Tsunami2004/College-Projects-", "none stated", courses, False),
    "nhs": Source("NHS framework", "The-Strategy-Unit/pxtextmining", "MIT, Care Opinion's part CC BY-NC-SA 4.0", nhs, False),
    "apps": Source("app reviews", "William-HTP/Google-Play-App-Reviews-Datasets", "none stated", app_reviews, False),
    "nlupp": Source("NLU++", POLYAI, "CC BY 4.0", nlupp, False),
    "xsid": Source("xSID", "mainlp/xsid", "CC BY-SA 4.0", xsid, False),
    "clinc": Source("CLINC150, four domains", "clinc/oos-eval", "CC BY 3.0", clinc, False),
    "hwu64": Source("HWU64", "xliuhw/NLU-Evaluation-Data", "CC BY 4.0", hwu64, False),
    "banking77": Source("banking77", POLYAI, "CC BY 4.0", banking77, False),
    "konstanz": Source("reports to a city, German", "Toby2906/Maengelmelder-Konstanz", "none stated", konstanz, True),
    "sofmattress": Source("a mattress shop", HINT3, "ODbL 1.0", hint3("sofmattress"), True),
    "curekart": Source("a health shop", HINT3, "ODbL 1.0", hint3("curekart"), True),
    "powerplay11": Source("a fantasy league", HINT3, "ODbL 1.0", hint3("powerplay11"), True),
    "snips": Source("SNIPS", "sonos/nlu-benchmark", "CC0 1.0", snips, True),
}


def load(name: str, data: Path) -> Rows:
    """Rows of a set: each text once, labels with enough rows."""
    source = SOURCES[name]
    rows = source.read(data / source.repository.split("/")[1])
    seen: set[str] = set()
    places = []
    for at, text in enumerate(rows.texts):
        key = " ".join(text.lower().split())
        if key and key not in seen:
            seen.add(key)
            places.append(at)
    rows = rows.taken(places)
    counts = Counter(label for labels in rows.labels for label in labels)
    rows.labels = [tuple(label for label in labels if counts[label] >= LEAST) for labels in rows.labels]
    return rows.taken([at for at, labels in enumerate(rows.labels) if labels])


def draw(rows: Rows, size: int, seed: int) -> tuple[list[int], list[int]] | None:
    """(places to teach with, places to test on), `size` rows a label; None where hardly any label has as many."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    if rows.is_test is None:
        tested: list[int] = []
        seen: Counter[str] = Counter()
        for at in order:
            seen.update(rows.labels[at])
            if min(seen[label] for label in rows.labels[at]) % TEST_SHARE == 0:
                tested.append(at)
    else:
        tested = [at for at in order if rows.is_test[at]]
    rest = set(order) - set(tested) if rows.is_test is None else {at for at in order if not rows.is_test[at]}
    tested = tested[:MOST_TEST]
    there = Counter(label for at in rest for label in rows.labels[at])
    if sum(count >= size for count in there.values()) < 0.8 * len(there):
        return None
    taken: Counter[str] = Counter()
    taught = []
    for at in order:
        if at in rest and any(taken[label] < size for label in rows.labels[at]):
            taught.append(at)
            taken.update(rows.labels[at])
    return taught, tested
