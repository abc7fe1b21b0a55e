"""Makes a bundle of checkpoints that transformers saved: XLM-R, BERT, DistilBERT, MiniLM, DeBERTa, with one or several heads.

python import_checkpoint.py sentiment=CHECKPOINT --out BUNDLE --license mit
python import_checkpoint.py sentiment=ONE topic=TWO --out BUNDLE --license mit --calibrate texts.csv --trim-vocab texts.csv

Each task is a directory as `save_pretrained` writes it for `*ForSequenceClassification`; its config gives the labels
(`id2label`) and `problem_type`. Several tasks are several such directories over one and the same encoder, which the
bundle then holds and runs once. A directory of sentence-transformers or SetFit needs its linear head as `--head`.
`--calibrate` makes it int8, `--trim-vocab` leaves out pieces that texts do not use.

What transformers makes of 64 texts is compared with the exported model, and kept in the bundle's probes.json, which
`voxpop model verify` computes again. Exit codes: 2 for what cannot be imported, 4 below --min-agreement.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from checkpoint import load
from checkpoint_bundle import FILES, write_bundle
from refusal import Refusal, refuse


def license_of(directory: Path, told: str | None) -> str:
    """What the user says, or what the checkpoint's card says, which can be one licence or a list."""
    card = directory / "README.md"
    front_matter = re.match(r"---\r?\n(.*?)\n---", card.read_text(encoding="utf-8-sig"), re.DOTALL) if card.exists() else None
    try:
        about = yaml.safe_load(front_matter.group(1)) if front_matter else None
    except yaml.YAMLError as error:
        raise refuse(f"{card}: expected YAML between the lines ---, found {error}; give the licence with --license") from error
    stated = about.get("license") if isinstance(about, dict) else None
    names = [str(name).strip() for name in (stated if isinstance(stated, list) else [stated]) if name]
    if told or names:
        return told or ", ".join(names)
    raise refuse(f"expected a licence for the weights in {directory}, found none stated; give it with --license")


def build(arguments: argparse.Namespace) -> None:
    directories = dict(arguments.checkpoints)
    if len(directories) != len(arguments.checkpoints):
        raise refuse("expected every task to have a name of its own")
    for option, given in (("--labels", arguments.labels), ("--head", arguments.head)):
        unknown = sorted(set(dict(given)) - set(directories))
        if unknown:
            raise refuse(f"{option}: expected one of the tasks {', '.join(directories)}, found {unknown[0]}")
    refuse_output(arguments.out, list(directories.values()), arguments.force)
    first = next(iter(directories.values()))
    arguments.license = license_of(first, arguments.license)
    arguments.built_on = arguments.built_on or first.resolve().name
    labels, heads = dict(arguments.labels), dict(arguments.head)
    checkpoints = [
        load(task, directory, labels.get(task), heads.get(task), arguments.assume_classifier) for task, directory in directories.items()
    ]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    # Made beside its place, and moved there when it is whole.
    with tempfile.TemporaryDirectory(dir=arguments.out.parent, prefix=f".{arguments.out.name}-") as folder:
        made = Path(folder, "bundle")
        made.mkdir()
        write_bundle(checkpoints, made, arguments)
        put_in_place(made, arguments.out)


def refuse_output(out: Path, checkpoints: list[Path], force: bool) -> None:
    """A bundle replaces nothing but a bundle, and that only when asked to."""
    place = out.resolve()
    for directory in checkpoints:
        if place in (directory.resolve(), *directory.resolve().parents) or directory.resolve() in place.parents:
            raise refuse(f"--out {out}: expected another place than the checkpoint's own, found {directory}")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / "bundle.json").is_file():
        raise refuse(f"--out {out}: expected a new directory, found one with other files, or a file")
    if not force:
        raise refuse(f"--out {out}: expected a new directory, found a bundle; --force replaces it")


def put_in_place(made: Path, out: Path) -> None:
    """A card that was there stays: it may have been written by hand."""
    if out.is_dir():
        if (out / "README.md").exists():
            print(f"{out}/README.md was there and stays", file=sys.stderr)
            (made / "README.md").unlink()
        for path in out.iterdir():
            if path.name in (*FILES, "bundle.json"):
                path.unlink()
    out.mkdir(exist_ok=True)
    for path in made.iterdir():
        shutil.move(path, out / path.name)


def of_task(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not value or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise argparse.ArgumentTypeError(f"expected task=..., the task in lower case, found {text}")
    return name, value


def path_of_task(text: str) -> tuple[str, Path]:
    name, value = of_task(text)
    return name, Path(value)


def labels_of_task(text: str) -> tuple[str, list[str]]:
    name, value = of_task(text)
    return name, value.split(",")


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, found {text}")
    return value


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+", type=path_of_task, metavar="task=directory")
    parser.add_argument("--out", type=Path, required=True, help="bundle directory, which must not exist yet")
    parser.add_argument("--force", action="store_true", help="replace a bundle at --out; its README.md stays")
    parser.add_argument(
        "--labels",
        type=labels_of_task,
        action="append",
        default=[],
        metavar="task=one,two,...",
        help="in place of the checkpoint's names; below,above for one logit of a sigmoid",
    )
    parser.add_argument(
        "--head",
        type=path_of_task,
        action="append",
        default=[],
        metavar="task=head.npz",
        help="linear head of a sentence-transformers directory: weight, bias, labels",
    )
    parser.add_argument(
        "--assume-classifier", action="store_true", help="the checkpoint is a *ForSequenceClassification, though its config does not say so"
    )
    parser.add_argument("--name", help="of the bundle; default: the directory's")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--license", help="of the weights, where the checkpoint's card does not state it")
    parser.add_argument("--built-on", help="what the checkpoint is or was made from, for the provenance")
    parser.add_argument("--languages", type=lambda text: text.split(","), default=[], help="codes, with commas")
    parser.add_argument("--max-length", type=int, help="tokens per text; default: what positions and tokenizer allow")
    parser.add_argument("--threshold", type=share, default=0.5, help="of every label of multi-label tasks")
    parser.add_argument("--calibrate", type=Path, help="CSV or JSONL of texts like those to score; makes the bundle int8")
    parser.add_argument("--min-agreement", type=share, default=0.97, help="share of texts that int8 must give fp32's labels (default: .97)")
    parser.add_argument("--trim-vocab", type=Path, help="CSV or JSONL of texts whose pieces are kept")
    parser.add_argument("--text-column", default="text", help="of both files")
    return parser.parse_args(words)


def main() -> None:
    try:
        build(parse())
    except Refusal as refusal:
        print(f"import_checkpoint.py: {refusal}", file=sys.stderr)
        sys.exit(refusal.status)


if __name__ == "__main__":
    main()
