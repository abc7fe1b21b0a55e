"""What other programs write is scored, and what is written then is read by them: pyarrow and openpyxl.

Run from anywhere, after `npm run build`, with pyarrow and openpyxl installed.
"""

import datetime
import decimal
import pathlib
import subprocess
import tempfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = pathlib.Path(__file__).parents[1]
COMMENTS = ["Great service", "Terrible app", None]
LABELS = ["positive", "negative", None]


def score(source, output):
    """Scores the sentiment of a file into another one."""
    options = ["-m", ROOT / "fixtures/bundle", "-w", "1", "--tasks", "sentiment", "--scores", "none", "-q"]
    subprocess.run(["node", ROOT / "bin/voxpop.js", "score", source, "-o", output, *options], check=True)


def exact(column):
    """Values of a column as Python has them; of nanoseconds, which it has not, their number."""
    return (column.cast(pa.int64()) if column.type == pa.timestamp("ns", tz="UTC") else column).to_pylist()


def check_parquet(folder):
    table = pa.table(
        {
            "id": pa.array([2**63 - 1, -1, None], pa.int64()),
            "unsigned": pa.array([2**64 - 1, 0, None], pa.uint64()),
            "small": pa.array([1, -1, None], pa.int8()),
            "comment": COMMENTS,
            "price": pa.array([decimal.Decimal("12.34"), decimal.Decimal("-0.05"), None], pa.decimal128(30, 2)),
            "day": pa.array([datetime.date(2026, 1, 2), datetime.date(1969, 12, 31), None]),
            "at": pa.array([1767225600123456789, -1, None], pa.timestamp("ns", tz="UTC")),
            "local": pa.array([1767225600123456, -1, None], pa.timestamp("us")),
            "time": pa.array([1, 86399999999, None], pa.time64("us")),
            "share": pa.array([0.5, float("inf"), None], pa.float32()),
            "bytes": pa.array([b"\x00\xff", b"", None], pa.binary()),
            "tags": pa.array([["a", None], [], None], pa.list_(pa.string())),
            "shop": pa.array([{"name": "x", "size": 1}, {"name": None, "size": None}, None]),
            "counts": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        }
    )
    for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        source, output = folder / f"{codec}.parquet", folder / f"{codec}.out.parquet"
        pq.write_table(table, source, compression=codec, row_group_size=2)
        score(source, output)
        scored = pq.read_table(output)
        for name in table.column_names:
            before, after = table[name], scored[name]
            assert before.type == after.type or name == "counts", (codec, name, before.type, after.type)
            assert exact(before) == exact(after), (codec, name)
        assert scored["sentiment"].to_pylist() == LABELS, codec


def check_workbook(folder):
    source, output = folder / "in.xlsx", folder / "out.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    at = datetime.datetime(2026, 1, 2, 10, 30, 15)
    rows = [
        ["id", "comment", "at", "day", "paid", "share"],
        [1, "Great service", at, datetime.datetime(2026, 1, 2), True, 0.15],
        ["007", "Terrible app", None, datetime.datetime(1999, 12, 31), False, -2.5],
    ]
    for row in rows:
        sheet.append(row)
    sheet["F2"].number_format = "0%"
    sheet["D2"].number_format = "dd.mm.yyyy"
    book.save(source)
    score(source, output)
    scored = openpyxl.load_workbook(output).active
    found = [[cell.value for cell in row] for row in scored.iter_rows()]
    assert found == [row + [label] for row, label in zip(rows, ["sentiment", *LABELS])], found
    formats = [scored["F2"].number_format, scored["D2"].number_format]
    assert formats == ["0%", "dd.mm.yyyy"], formats


with tempfile.TemporaryDirectory() as name:
    check_parquet(pathlib.Path(name))
    check_workbook(pathlib.Path(name))
print("Read as written: Parquet by pyarrow, a workbook by openpyxl")
