"""The OpenAPI 3.1 document, made from the operations themselves."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from admin_web.api.models import ErrorAnswer
from admin_web.api.operation import Operation

Json = dict[str, object]
_Key = tuple[str, str]
_REFS = "#/components/schemas/{model}"
_ERROR = "error"


def document(operations: Sequence[Operation], version: str) -> Json:
    """Return the document as JSON values."""
    schemas, definitions = _schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Envelope Gateway",
            "version": version,
            "description": "Errors are {code, message, data}; data names the fields.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[Mapping[_Key, Json], object]:
    wanted: list[tuple[_Key, JsonSchemaMode, TypeAdapter[object]]] = [
        ((_ERROR, "answer"), "serialization", TypeAdapter(ErrorAnswer))
    ]
    for operation in operations:
        name = f"{operation.method} {operation.path}"
        if operation.body:
            adapter: TypeAdapter[object] = TypeAdapter(operation.body)
            wanted.append(((name, "body"), "validation", adapter))
        if operation.query:
            wanted.append(((name, "query"), "validation", TypeAdapter(operation.query)))
        if operation.answer is not None:
            adapter = TypeAdapter(operation.answer)
            wanted.append(((name, "answer"), "serialization", adapter))
    found, definitions = TypeAdapter.json_schemas(wanted, ref_template=_REFS)
    schemas = {key: schema for (key, _mode), schema in found.items()}
    return schemas, definitions.get("$defs", {})


def _operation(operation: Operation, schemas: Mapping[_Key, Json]) -> Json:
    name = f"{operation.method} {operation.path}"
    described: Json = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "tags": list(operation.tags),
        "parameters": _parameters(operation, schemas.get((name, "query"))),
        "responses": {
            str(operation.status): _answer(operation, schemas.get((name, "answer"))),
            "default": {
                "description": "What went wrong",
                "content": {"application/json": {"schema": schemas[_ERROR, "answer"]}},
            },
        },
    }
    if operation.role:
        described["security"] = [{"token": []}]
        described["x-role"] = operation.role.value
    if operation.body:
        content: Json = {"application/json": {"schema": schemas[name, "body"]}}
        described["requestBody"] = {"required": True, "content": content}
    elif operation.accepts:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": {}} for kind in operation.accepts},
        }
    return described


def _answer(operation: Operation, schema: Json | None) -> Json:
    if operation.answer is None and operation.produces == "application/json":
        return {"description": "Done"}
    return {
        "description": operation.summary,
        "content": {operation.produces: {"schema": schema or {}}},
    }


def _parameters(operation: Operation, query: Json | None) -> list[Json]:
    text: Json = {"type": "string"}
    fixed: list[Json] = [
        {"name": name, "in": where, "required": needed, "schema": text}
        for where, needed, names in (
            ("path", True, operation.path_names),
            ("header", True, operation.headers),
            ("header", False, operation.optional_headers),
        )
        for name in names
    ]
    return fixed + _query_parameters(query or {})


def _query_parameters(query: Json) -> list[Json]:
    properties = query.get("properties", {})
    required = query.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return []
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in properties.items()
    ]
