"""The manifests fit the schemas of their engines, and their commands, run as the engines would, give one run's bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import botocore.session
import botocore.validate
import kubernetes_validate
import yaml

work = Path(os.environ["work"])
examples = Path(os.environ["root"]) / "docs" / "machines"
model = f"--model={os.environ['model']}"
kill_once = f"--import=file://{os.environ['root']}/dist/test/support/kill-at-bytes.js"


def run_jobs(name: str, command: list[str], count: int, variables, merge: list[str]) -> None:
    """Each job of an array, the first one killed and started again as its engine would; then their merge."""
    data = work / "manifests" / name
    (data / "shards").mkdir(parents=True)
    (data / "feedback.jsonl").symlink_to(work / "in.jsonl")
    here = [word.replace("/data", str(data)) for word in command] + [model, "--errors=inline", "--workers=1"]
    here.remove("--workers=4")
    for index in range(count):
        env = os.environ | variables(index)
        fatal = {"NODE_OPTIONS": kill_once, "VOXPOP_KILL_AT_BYTES": "20000"} if index == 0 else {}
        codes = [subprocess.run(here, env=env | each, capture_output=True).returncode for each in (fatal, {})]
        assert codes == [-9 if index == 0 else 0, 0], (name, index, codes)
    subprocess.run([word.replace("/data", str(data)) for word in merge], check=True, capture_output=True)
    assert (data / "labelled.jsonl").read_bytes() == (work / "single.jsonl").read_bytes(), name
    print(f"  {name}: {count} jobs, one killed and started again: the bytes of one run")


def read(path: str) -> str:
    """With fewer jobs than a real run has; as many wherever their number stands."""
    return (examples / path).read_text().replace("16", "3")


def kubernetes() -> None:
    shards, merge = (yaml.safe_load(read(f"kubernetes/{each}.yaml")) for each in ("shards", "merge"))
    for manifest in (shards, merge):
        kubernetes_validate.validate(manifest, "1.37", strict=True)
    misspelt = json.loads(json.dumps(shards).replace("completionMode", "completionmode"))
    try:
        kubernetes_validate.validate(misspelt, "1.37", strict=True)
    except kubernetes_validate.ValidationError:
        pass
    else:
        sys.exit("expected the schema to refuse a key that it does not know")
    container = shards["spec"]["template"]["spec"]["containers"][0]
    count = shards["spec"]["completions"]
    given = {each["name"]: each["value"] for each in container["env"]}
    assert given["JOB_COMPLETIONS"] == str(count)
    command = merge["spec"]["template"]["spec"]["containers"][0]["command"]
    run_jobs("kubernetes", container["command"], count, lambda i: given | {"JOB_COMPLETION_INDEX": str(i)}, command)


def aws_batch() -> None:
    service = botocore.session.Session().get_service_model("batch")
    files = {"job-definition": "RegisterJobDefinition", "shards": "SubmitJob", "merge": "SubmitJob"}
    requests = {}
    for name, operation in files.items():
        request = requests[name] = json.loads(read(f"aws-batch/{name}.json"))
        shape = service.operation_model(operation).input_shape
        report = botocore.validate.ParamValidator().validate(request, shape)
        assert not report.has_errors(), report.generate_report()
        check_choices(request, shape)
    shards = requests["shards"]
    size = shards["arrayProperties"]["size"]
    variables = lambda i: {"AWS_BATCH_JOB_ARRAY_INDEX": str(i), "AWS_BATCH_JOB_ARRAY_SIZE": str(size)}
    command = [requests[name]["containerOverrides"]["command"] for name in ("shards", "merge")]
    run_jobs("aws-batch", command[0], size, variables, command[1])


def check_choices(value, shape) -> None:
    """Botocore leaves enumerations to the service."""
    if shape.type_name == "structure":
        for key, inner in value.items():
            check_choices(inner, shape.members[key])
    elif shape.type_name == "list":
        for inner in value:
            check_choices(inner, shape.member)
    elif shape.type_name == "string" and shape.enum:
        assert value in shape.enum, f"{shape.name}: {value} is none of {shape.enum}"


kubernetes()
aws_batch()
