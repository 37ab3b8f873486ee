"""Compares exchanges with Twilio's OpenAPI description of the 2010-04-01 API: the parameters of requests, and the status,
fields and types of responses."""

import email.utils
import json
import re
import urllib.parse

FORM = "application/x-www-form-urlencoded"
PAGING = {"Page", "PageSize", "PageToken"}
# The sound of a recording and its like are no JSON, and not described.
UNDESCRIBED = re.compile(r"\.(wav|mp3)$")


class Description:
    """The description, with its paths ready to match."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as text:
            self.whole = json.load(text)
        self.paths = []
        for template, operations in self.whole["paths"].items():
            pattern = re.sub(r"\\\{[A-Za-z]+\\\}", "([^/]+)", re.escape(template))
            self.paths.append((template, re.compile(pattern), operations))
        # A path without parameters in its last part comes before one with: `Queues/Today.json` is no `Queues/{Sid}.json`.
        self.paths.sort(key=lambda entry: entry[0].count("{"))

    def resolved(self, schema):
        while "$ref" in schema:
            here = self.whole
            for part in schema["$ref"].removeprefix("#/").split("/"):
                here = here[part]
            schema = here
        return schema

    def operation(self, method, path):
        for template, pattern, operations in self.paths:
            if pattern.fullmatch(path) and method.lower() in operations:
                return template, operations[method.lower()]
        return None, None

    def problems(self, exchange):
        """What is wrong with one exchange, in words; and the operation it belongs to."""
        path = exchange["path"]
        if UNDESCRIBED.search(path):
            return [], None
        template, operation = self.operation(exchange["method"], path)
        name = f"{exchange['method']} {template or path}"
        if operation is None:
            # A refusal of what does not exist is right; an answer would be ours alone.
            return ([f"{name} is not described"] if exchange["status"] < 400 else []), None
        found = self.request_problems(operation, exchange)
        found += self.response_problems(operation, exchange)
        return [f"{name}: {problem}" for problem in found], name

    def request_problems(self, operation, exchange):
        found = []
        body = operation.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
        known = self.resolved(body).get("properties", {})
        for name, value in urllib.parse.parse_qsl(exchange["body"], keep_blank_values=True):
            if name not in known:
                found.append(f"the request has the unknown parameter {name}")
            elif exchange["status"] < 400:
                found += self.text_problems(f"the parameter {name}", known[name], value)
        queried = {p["name"]: p["schema"] for p in operation.get("parameters", []) if p["in"] == "query"}
        for name, value in urllib.parse.parse_qsl(exchange["query"], keep_blank_values=True):
            if name not in queried and name not in PAGING:
                found.append(f"the query has the unknown parameter {name}")
        if exchange["status"] < 400:
            sent = {name for name, _ in urllib.parse.parse_qsl(exchange["body"], keep_blank_values=True)}
            found += [f"{name} is missing" for name in self.resolved(body).get("required", []) if name not in sent]
        return found

    def text_problems(self, what, schema, text):
        """A parameter is text; what it stands for must be of the described type."""
        schema = self.resolved(schema)
        kind = schema.get("type")
        if kind == "array":
            return self.text_problems(what, schema.get("items", {}), text)
        if kind == "boolean" and text not in ("true", "false", "True", "False"):
            return [f"{what} is no boolean: {text!r}"]
        if kind == "integer" and not re.fullmatch(r"-?[0-9]+", text):
            return [f"{what} is no integer: {text!r}"]
        if "enum" in schema and text not in schema["enum"]:
            return [f"{what} is none of {schema['enum']}: {text!r}"]
        if "pattern" in schema and not re.fullmatch(schema["pattern"].strip("^$"), text):
            return [f"{what} does not match {schema['pattern']}: {text!r}"]
        return []

    def response_problems(self, operation, exchange):
        status = exchange["status"]
        if status >= 400:
            return self.error_problems(exchange)
        described = operation["responses"].get(str(status))
        if described is None:
            return [f"status {status} is not described, but {sorted(operation['responses'])}"]
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return ["a body where none is described"] if exchange["response"] else []
        try:
            body = json.loads(exchange["response"])
        except ValueError:
            return ["the response is no JSON"]
        return list(self.value_problems("response", schema, body))

    def error_problems(self, exchange):
        try:
            body = json.loads(exchange["response"])
        except ValueError:
            return ["an error without JSON"]
        kinds = {"code": int, "message": str, "more_info": str, "status": int}
        found = [f"the error has no {name}" for name, kind in kinds.items() if not isinstance(body.get(name), kind)]
        return found + ([] if body.get("status") == exchange["status"] else ["the error's status is another"])

    def value_problems(self, place, schema, value):
        nullable = schema.get("nullable")
        schema = self.resolved(schema)
        if value is None:
            if not (nullable or schema.get("nullable")):
                yield f"{place} is null"
            return
        kind = schema.get("type")
        kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
        wrong = kind in kinds and not isinstance(value, kinds[kind])
        if wrong or (kind in ("integer", "number") and isinstance(value, bool)):
            yield f"{place} is {json.dumps(value)[:60]}, not of type {kind}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{place} is {value!r}, none of {schema['enum']}"
        if "pattern" in schema and not re.fullmatch(schema["pattern"].strip("^$"), value):
            yield f"{place} is {value!r}, which does not match {schema['pattern']}"
        if schema.get("format") == "date-time-rfc-2822" and not is_date(value):
            yield f"{place} is {value!r}, no date of RFC 2822"
        if kind == "array":
            for item in value:
                yield from self.value_problems(f"{place}[]", schema.get("items", {}), item)
        properties = schema.get("properties")
        if kind == "object" and properties is not None:
            for name in sorted(set(properties) - set(value)):
                yield f"{place}.{name} is missing"
            for name in sorted(set(value) - set(properties)):
                yield f"{place}.{name} is not described"
            for name, inner in properties.items():
                if name in value:
                    yield from self.value_problems(f"{place}.{name}", inner, value[name])


def is_date(text):
    try:
        return email.utils.parsedate_to_datetime(text) is not None and text.endswith("+0000")
    except ValueError:
        return False
