#!/usr/bin/env python3
"""Checks the files in deploy/kubernetes and deploy/kserve against the schemas that Kubernetes and
KServe publish: no member may be unknown, of the wrong type, or missing. Those of Kubernetes are
JSON schemas (the package kubernetes-validate). Those of KServe are the models of its Python client,
which are generated from its OpenAPI.

    $(tools/python-environment.sh clients) tools/check-deploy.py
"""

import pathlib
import re

import kserve.models
import kubernetes.client.models
import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
# The oldest and the newest version that are checked.
KUBERNETES = ["1.30", "1.37"]
KSERVE = {
    ("serving.kserve.io/v1alpha1", "ClusterServingRuntime"): "V1alpha1ClusterServingRuntime",
    ("serving.kserve.io/v1beta1", "InferenceService"): "V1beta1InferenceService",
}
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object, "datetime": str}


class Wrong(Exception):
    pass


def model(name):
    for module in (kserve.models, kubernetes.client.models):
        if hasattr(module, name):
            return getattr(module, name)
    raise Wrong(f"unknown type {name}")


def check(value, kind, place):
    """Checks a value against a type as the generated clients write it: `str`, `list[V1Container]`,
    `dict(str, str)`."""
    if kind in PLAIN:
        if not isinstance(value, PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            raise Wrong(f"{place} is {value!r}, but must be of the type {kind}")
    elif found := re.fullmatch(r"[lL]ist\[(.*)\]", kind):
        if not isinstance(value, list):
            raise Wrong(f"{place} is {value!r}, but must be a list")
        for index, item in enumerate(value):
            check(item, found[1], f"{place}[{index}]")
    elif found := re.fullmatch(r"[dD]ict[(\[]str, (.*)[)\]]", kind):
        if not isinstance(value, dict):
            raise Wrong(f"{place} is {value!r}, but must be an object")
        for key, item in value.items():
            check(item, found[1], f"{place}.{key}")
    elif kind == "K8sIoApimachineryPkgApiResourceQuantity" or kind.endswith("Quantity"):
        if not re.fullmatch(r"[0-9.]+(m|k|[KMGT]i?)?", str(value)):
            raise Wrong(f"{place} is {value!r}, but must be a quantity")
    elif kind.endswith("IntOrString"):
        if not isinstance(value, (int, str)):
            raise Wrong(f"{place} is {value!r}, but must be a number or a name")
    else:
        described = model(kind)
        if not isinstance(value, dict):
            raise Wrong(f"{place} is {value!r}, but must be an object of the type {kind}")
        names = {name: attribute for attribute, name in described.attribute_map.items()}
        for key, item in value.items():
            if key not in names:
                raise Wrong(f"{place} has the unknown member {key} for {kind}")
            check(item, described.openapi_types[names[key]], f"{place}.{key}")
        try:
            # Checks that required members are present.
            described(**{names[key]: item for key, item in value.items()})
        except ValueError as error:
            raise Wrong(f"{place}: {error}")


def documents():
    for path in sorted(DEPLOY.glob("k*/*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path, document


def problems(document):
    kind = KSERVE.get((document.get("apiVersion"), document.get("kind")))
    try:
        if kind:
            check(document, kind, document["kind"])
        else:
            for version in KUBERNETES:
                kubernetes_validate.validate(document, version, strict=True)
    except (Wrong, kubernetes_validate.ValidationError) as error:
        return str(error)
    return None


def changed(document, place, value):
    """A copy with another value at a place such as `spec.replicas`."""
    copy = yaml.safe_load(yaml.safe_dump(document))
    inner = copy
    *path, last = place.split(".")
    for key in path:
        inner = inner[int(key) if isinstance(inner, list) else key]
    inner[last] = value
    return copy


def main():
    found = {}
    for path, document in documents():
        problem = problems(document)
        assert problem is None, f"{path.relative_to(ROOT)}: {problem}"
        found[document["kind"]] = document
        print(f"{path.relative_to(ROOT)}: {document['kind']} {document['metadata']['name']}")
    expected = {"ClusterServingRuntime", "InferenceService", "Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"}
    assert set(found) == expected, f"found {sorted(found)}"

    # Invalid values must be detected.
    for kind, place, value in [
        ("ClusterServingRuntime", "spec.protocolVersion", ["v2"]), ("ClusterServingRuntime", "spec.multiModel", "no"),
        ("ClusterServingRuntime", "spec.containers.0.image", 3), ("InferenceService", "spec.predictor.model.modelFormat", "onnx"),
        ("InferenceService", "spec.predictor.minReplicas", "1"), ("Deployment", "spec.replicas", "two"),
        ("Deployment", "spec.template.spec.container", []), ("HorizontalPodAutoscaler", "spec.maxReplicas", None),
        ("Service", "spec.ports.0.port", "http"),
    ]:
        assert problems(changed(found[kind], place, value)), f"{kind} with {place} = {value!r} is accepted"

    # Both sides must agree: flags exist, ports are those that are opened, and pods have more time
    # than draining takes.
    container = found["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    ports = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in found["Service"]["spec"]["ports"]} == ports
    options = (ROOT / "Server/Sources/infold-serve/Options.swift").read_text()
    for argument in container["args"] + found["ClusterServingRuntime"]["spec"]["containers"][0]["args"]:
        flag = re.fullmatch(r"--([a-z-]+)=.*", argument)[1]
        name = re.sub("-(.)", lambda match: match[1].upper(), flag)
        assert f'"{name}"' in options, f"infold-serve has no --{flag}"
    metric = found["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert any(f'"{metric}"' in path.read_text() for path in (ROOT / "Server/Sources").rglob("*.swift")), f"infold-serve has no {metric}"
    drain = sum(int(argument.split("=")[1]) for argument in container["args"] if argument.startswith("--drain"))
    assert found["Deployment"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > drain
    print("all files match the schemas and infold-serve")


if __name__ == "__main__":
    main()
