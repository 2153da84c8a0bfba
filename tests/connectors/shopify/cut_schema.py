"""Cut Shopify's official schema down to the types that our questions touch.

`python -m tests.connectors.shopify.cut_schema admin_2026-10.json.gz` writes
tests/golden/shopify/admin.graphql. The file comes with the npm package @shopify/dev-mcp (1.16.0,
ISC licence): `npm pack @shopify/dev-mcp@1.16.0` and look under package/dist/data. Installing the
package would bring a thousand others for one file, so the cut is committed and not made by
`make test`.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from graphql import (
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
    is_scalar_type,
    parse,
    print_schema,
    visit,
)

from connectors.shopify.api import VERSION
from tests.connectors.shopify.texts import TEXTS

TARGET = Path("tests/golden/shopify/admin.graphql")
NOTICE = f"""# Shopify's GraphQL Admin API, version {VERSION}: the types that our questions touch,
# cut by tests/connectors/shopify/cut_schema.py from @shopify/dev-mcp 1.16.0, without descriptions.
#
# ISC License. Copyright 2025-present, Shopify Inc.
# Permission to use, copy, modify, and/or distribute this software for any purpose with or without
# fee is hereby granted, provided that the above copyright notice and this permission notice appear
# in all copies.
# THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS
# SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE
# AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
# WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
# NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE
# OF THIS SOFTWARE.
"""


def touched(schema: GraphQLSchema) -> set[str]:
    """Names of the types that any of our questions goes through."""
    names = {"MediaImage"}  # what the fake answers where a medium is asked for
    info = TypeInfo(schema)

    class Note(Visitor):
        def enter(self, *_: object) -> None:
            for found in (info.get_type(), info.get_parent_type()):
                if found is not None:
                    names.add(get_named_type(found).name)

    for text in TEXTS.values():
        visit(parse(text), TypeInfoVisitor(info, Note()))
    return names


def cut(schema: GraphQLSchema) -> GraphQLSchema:
    kept = touched(schema)
    for name in list(schema.type_map):
        found = schema.type_map[name]
        if (is_object_type(found) or is_interface_type(found)) and not name.startswith("__"):
            if name not in kept:
                del schema.type_map[name]
                continue
            found.interfaces = tuple(i for i in found.interfaces if i.name in kept)
            for field_name, field in list(found.fields.items()):
                of = get_named_type(field.type)
                plain = is_scalar_type(of) or is_enum_type(of)
                root = name in ("QueryRoot", "Mutation")
                if (of.name not in kept and not plain) or (root and of.name not in kept):
                    del found.fields[field_name]
                field.description = None
                for argument in field.args.values():
                    argument.description = None
            found.description = None
    used = {"QueryRoot", "Mutation"}
    queue = list(kept)
    while queue:
        name = queue.pop()
        found = schema.type_map[name]
        used.add(name)
        if is_enum_type(found):
            for value in found.values.values():
                value.description = None
        found.description = None
        parts = getattr(found, "fields", {})
        for part in parts.values():
            part.description = None
            for of in (part.type, *(a.type for a in getattr(part, "args", {}).values())):
                inner = get_named_type(of).name
                if inner not in used:
                    used.add(inner)
                    queue.append(inner)
    for name in list(schema.type_map):
        gone = name not in used and not name.startswith("__")
        if gone or (is_input_object_type(schema.type_map[name]) and name not in used):
            del schema.type_map[name]
    return schema


def main() -> None:
    told = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))
    schema = cut(build_client_schema(told["data"], assume_valid=True))
    schema.directives = tuple(d for d in schema.directives if d.name in ("include", "skip"))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(f"{NOTICE}\n{print_schema(schema)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
