"""Writes chaseremu/types.py from docs/openapi-control.yaml. With --check it writes nothing and fails if the file differs. Needs PyYAML."""
from __future__ import annotations

import keyword
import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent
DOCUMENT = FOLDER.parents[1] / "docs" / "openapi-control.yaml"
OUTPUT = FOLDER / "chaseremu" / "types.py"
COMMAND = "python3 src/python/generate_types.py"

# Operations that the package does not have.
OMITTED_TAGS = {"Events", "Dashboard"}

# The package has a class FaultRule for this type.
RENAMED = {"FaultRule": "FaultResource"}
HEADER = f'''"""The types of the control API: what its requests and answers contain.

Times are ISO 8601 strings in UTC. Every value is plain JSON: a dict, list, str, int, float, bool or None.
Generated from docs/openapi-control.yaml. To change this file, run: {COMMAND}
"""
from __future__ import annotations

from typing import Any, Literal, TypedDict, Union
'''


def references(node: Any) -> list[str]:
    """Returns the names of the schemas that a part of the document refers to, in order."""
    if isinstance(node, dict):
        if "$ref" in node:
            return [node["$ref"].rsplit("/", 1)[1]]
        return [name for value in node.values() for name in references(value)]
    if isinstance(node, list):
        return [name for value in node for name in references(value)]
    return []


def reachable(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the schemas of the operations that the package has, each after those that it uses."""
    schemas = document["components"]["schemas"]
    ordered: dict[str, Any] = {}

    def visit(name: str) -> None:
        if name in ordered or name not in schemas:
            return
        for used in references(schemas[name]):
            visit(used)
        ordered[name] = schemas[name]

    for operations in document["paths"].values():
        for operation in operations.values():
            if not OMITTED_TAGS.intersection(operation["tags"]):
                for name in references({"request": operation.get("requestBody"), "responses": operation["responses"]}):
                    visit(name)
    return ordered


def type_of(schema: dict[str, Any]) -> str:
    """Returns the Python type of a schema, as the text of an annotation."""
    if "$ref" in schema:
        name: str = schema["$ref"].rsplit("/", 1)[1]
        return {"JsonNode": "Any", "JsonObject": "dict[str, Any]", **RENAMED}.get(name, name)
    if "enum" in schema:
        return f"Literal[{', '.join(quoted(value) for value in schema['enum'])}]"
    if "oneOf" in schema:
        return " | ".join(dict.fromkeys(type_of(option) for option in schema["oneOf"]))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " | ".join(simple_type(kind, schema) for kind in kinds)


def simple_type(kind: str, schema: dict[str, Any]) -> str:
    if kind == "array":
        return f"list[{type_of(schema['items'])}]"
    return {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]", "null": "None"}[kind]


def quoted(text: str) -> str:
    return '"' + text + '"'


def docstring(text: str, indent: str = "    ") -> str:
    lines = textwrap.wrap(" ".join(text.split()), 116 - len(indent))
    if len(lines) == 1:
        return f'{indent}"""{lines[0]}"""\n'
    return "\n".join([f'{indent}"""', *(indent + line for line in lines), f'{indent}"""\n'])


def definition(name: str, schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f'{name} = {type_of(schema)}\n{docstring(schema["description"], "")}'
    if "anyOf" in schema:
        options = "".join(f"    {type_of(option)},\n" for option in schema["anyOf"])
        return f'{name} = Union[\n{options}]\n{docstring(schema["description"], "")}'

    # The field "type" selects one of several types, so it is never absent.
    fields = schema.get("properties", {})
    required = [field for field in fields if field in schema.get("required", []) or (field == "type" and "enum" in fields[field])]
    optional = [field for field in fields if field not in required]
    if not optional or not required:
        return typed_dict(name, "TypedDict" if required else "TypedDict, total=False", schema, fields)
    base = typed_dict(f"_{name}", "TypedDict", schema, {field: fields[field] for field in required})
    return base + "\n\n" + typed_dict(name, f"_{name}, total=False", schema, {field: fields[field] for field in optional})


def typed_dict(name: str, bases: str, schema: dict[str, Any], fields: dict[str, Any]) -> str:
    text = f"class {name}({bases}):\n{docstring(schema['description'])}"
    for field, value in fields.items():
        if keyword.iskeyword(field):
            raise SystemExit(f"The field {name}.{field} is a keyword of Python. Extend {Path(__file__).name}.")
        text += f"\n    {field}: {type_of(value)}\n{docstring(value['description']) if 'description' in value else ''}"
    return text


def main() -> None:
    # BaseLoader reads all values as text: the other loaders read the value "off" as False.
    document = yaml.load(DOCUMENT.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    schemas = {name: schema for name, schema in reachable(document).items() if name not in ("JsonNode", "JsonObject")}
    text = HEADER + "".join(f"\n\n{definition(RENAMED.get(name, name), schema)}" for name, schema in schemas.items())
    if "--check" not in sys.argv[1:]:
        OUTPUT.write_text(text, encoding="utf-8")
    elif OUTPUT.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{OUTPUT.name} differs from docs/openapi-control.yaml. Run: {COMMAND}")


if __name__ == "__main__":
    main()
