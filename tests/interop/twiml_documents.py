"""Documents of Twilio's official Python library: every verb and noun, with every attribute its methods take.

Nothing is listed here: the methods of the library's classes are asked for their parameters, and a parameter without a
sample value in twiml_samples.json ends the run. One JSON object a line: the verb's path and the document.

    python3 tests/interop/twiml_documents.py > tests/data/twiml/official_python.jsonl
"""

import inspect
import json
import pathlib
import sys

from twilio.twiml import TwiML
from twilio.twiml.voice_response import VoiceResponse

SAMPLES = json.loads((pathlib.Path(__file__).parent / "twiml_samples.json").read_text(encoding="utf-8"))
# Not sample texts, and nothing that any of the library's defaults could be.
MARK = "\u2020mark\u2020"


def kinds(cls):
    """The methods of a class that make a child, each with its parameters and where they go."""
    found = {}
    for name, method in vars(cls).items():
        if name.startswith("_") or not inspect.isfunction(method):
            continue
        parameters = [p for p in inspect.signature(method).parameters.values() if p.name not in ("self", "kwargs")]
        required = {p.name: MARK for p in parameters if p.default is inspect.Parameter.empty}
        child = method(bare(cls), **required)
        if not isinstance(child, TwiML):
            raise TypeError(f"{cls.__name__}.{name} makes {child!r}")
        attributes, text = {}, None
        for parameter in parameters:
            one = method(bare(cls), **{**dict.fromkeys(required, "x"), parameter.name: MARK})
            written = [key for key, value in one.attrs.items() if value == MARK]
            if written:
                attributes[written[0]] = parameter.name
            elif one.value == MARK:
                text = parameter.name
            else:
                raise TypeError(f"{cls.__name__}.{name}: {parameter.name} goes nowhere")
        found[child.name] = (name, type(child), attributes, text, required)
    return found


def bare(cls):
    """An instance without asking what its constructor wants."""
    node = cls.__new__(cls)
    TwiML.__init__(node)
    return node


def sample(table, element, name=None):
    key = element if name is None else f"{element}@{name}"
    value = table.get(key, table.get(name) if name else None)
    if value is None:
        sys.exit(f"no sample for {key}")
    return value


def add(parent, element, names, with_text):
    """Adds a child with these attributes, and with its text if it has one."""
    method, cls, attributes, text, required = kinds(type(parent))[element]
    arguments = {attributes[name]: sample(SAMPLES["attributes"], element, name) for name in names}
    if text and (with_text or text in required):
        arguments[text] = sample(SAMPLES["texts"], element)
    return getattr(parent, method)(**arguments)


def emit(path):
    """The documents in which the last element of the path has all its attributes."""
    last = path[-1]
    cls = VoiceResponse
    for element in path[:-1]:
        cls = kinds(cls)[element][1]
    _, own, attributes, text, _ = kinds(cls)[last]
    apart = SAMPLES["apart"].get(">".join(path[-2:]), SAMPLES["apart"].get(last, [[]]))
    for without in apart:
        response = VoiceResponse()
        node = response
        for at, element in enumerate(path[:-1]):
            above = SAMPLES["above"].get(">".join(path[at : at + 2]), {})
            node = add(node, element, [*SAMPLES["needs"].get(element, []), *above], False)
            before = SAMPLES["before"].get(">".join(path[at : at + 2]))
            if before:
                add(node, before, SAMPLES["needs"].get(before, []), True)
        node = add(node, last, [name for name in attributes if name not in without], "text" not in without)
        if last in SAMPLES["child"]:
            child = SAMPLES["child"][last]
            add(node, child, SAMPLES["needs"].get(child, []), True)
        line = {"verb": ">".join(path), "xml": str(response)}
        print(json.dumps(line, ensure_ascii=False))
    return own


def walk(path, cls):
    for element in kinds(cls):
        here = [*path, element]
        own = emit(here)
        # The elements in a Say can stand in one another without end: one in one is enough, and only in a Say by itself.
        if "Say" not in here or (here[0] == "Say" and len(here) < 3):
            walk(here, own)


if __name__ == "__main__":
    walk([], VoiceResponse)
