"""Renders every template of golden.json with Jinja2 itself and writes the outputs back.

Run with Jinja2 3.1.6 and Python 3.11 beside golden.json: python3 golden.py
The environment is the one that Hugging Face's apply_chat_template sets up, the clock stands still.
To add cases, put {"template": "..."} into "cases" and run this.
"""

import copy
import datetime
import json
import pathlib

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2024, 7, 26, 12, 0, 0)


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_write")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _write(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


env = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
)
env.filters["tojson"] = tojson
env.globals["raise_exception"] = raise_exception
env.globals["strftime_now"] = NOW.strftime

path = pathlib.Path(__file__).with_name("golden.json")
golden = json.loads(path.read_text(encoding="utf-8"))
for case in golden["cases"]:
    template = case["template"]
    case.clear()
    case["template"] = template
    try:
        case["output"] = env.from_string(template).render(**copy.deepcopy(golden["variables"]))
    except Exception as e:
        case["fails"] = type(e).__name__
lines = ",\n".join("    " + json.dumps(c, ensure_ascii=False) for c in golden["cases"])
variables = json.dumps(golden["variables"], ensure_ascii=False)
path.write_text(
    '{\n  "variables": ' + variables + ',\n  "cases": [\n' + lines + "\n  ]\n}\n", encoding="utf-8"
)
