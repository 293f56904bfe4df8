"""Scripts joined to one file run as their modules did, and what cannot be joined is an error."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from annotate.web.joined_scripts import ENTRIES, joined

TEMPLATES = Path(settings.BASE_DIR) / "templates"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def run(text: str, folder: Path) -> str:
    """Run a module; what it wrote."""
    script = folder / "out.mjs"
    script.write_text(text)
    (folder / "package.json").write_text('{"type": "module"}')
    return subprocess.run(["node", script], check=True, capture_output=True, text=True).stdout


@needs_node
def test_modules_run_once_in_the_order_of_their_imports_and_share_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "count.js").write_text("""/** @type {import("./types.js").Number} */
console.log("count");
let held = 0;
export function count() { held += 1; return held; }
export const START = "};import {none} from here";
""")
    (tmp_path / "one.js").write_text(
        'import { count } from "./count.js";\nconsole.log("one");\nexport async function one() { return count(); }\n'
    )
    (tmp_path / "bare.js").write_text(
        'console.log("bare"); // import { lost } from "./lost.js";\nexport {};\n'
    )
    (tmp_path / "page.js").write_text(
        """import "./bare.js";
import { one } from "./one.js";
import {
  count as number,
  START,
} from "./count.js";
export class Page { static held = START; }
await one().then((first) => console.log(first, number(), Page.held));
""".replace("await ", "void ")
    )

    text = joined("page.js", tmp_path)

    said = "bare\ncount\none\n1 2 };import {none} from here\n"
    assert run(text, tmp_path) == run('import "./page.js";', tmp_path) == said


@pytest.mark.parametrize(
    "line",
    [
        'const late = () => import("./other.js");',
        'import * as all from "./other.js";',
        'import other from "./other.js";',
        'export { other } from "./other.js";',
        "export default 1;",
        "export let changing = 1;",
        'import { other } from "package";',
    ],
)
def test_another_form_of_import_or_export_is_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "other.js").write_text("export const other = 1;\n")
    (tmp_path / "page.js").write_text(f"{line}\n")

    with pytest.raises(ImproperlyConfigured, match=r"page\.js: this form"):
        joined("page.js", tmp_path)


def test_a_circle_and_a_missing_script_are_errors(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    (tmp_path / "c.js").write_text('import { d } from "./d.js";\n')

    with pytest.raises(ImproperlyConfigured, match=r"a\.js → b\.js → a\.js"):
        joined("a.js", tmp_path)
    with pytest.raises(ImproperlyConfigured, match=r"There is no script d\.js"):
        joined("c.js", tmp_path)


def test_what_pages_load_is_what_is_joined() -> None:
    named = {
        one
        for page in TEMPLATES.rglob("*.html")
        for one in re.findall(r'{% static "js/([\w-]+\.js)" %}', page.read_text("utf-8"))
    }

    assert named == set(ENTRIES)
