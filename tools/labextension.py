"""Write the digest of the labextension's files into its package.json: ``make labextension``.

The digest is a part of the address of what a browser loads. Jupyter lets browsers keep such files,
so without it a learner could go on with those of an older version.
"""

from __future__ import annotations

import hashlib
import json

from gradlab.live.script import FRONT

_DIGITS = 8
PACKAGE = FRONT.parent / "package.json"


def compute_digest() -> str:
    """Compute a digest of the names and contents of all files that a browser loads.

    Returns
    -------
    str
        Eight hexadecimal digits, the same on every system.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in FRONT.rglob("*") if path.is_file()):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(FRONT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:_DIGITS]


def write_package() -> bool:
    """Write package.json if the digest in it is another one.

    Returns
    -------
    bool
        Whether it was.
    """
    text = PACKAGE.read_text(encoding="utf-8")
    package = json.loads(text)
    package["jupyterlab"]["_build"]["load"] = f"front/remoteEntry.js?v={compute_digest()}"
    fresh = json.dumps(package, indent=2) + "\n"
    if fresh == text:
        return False
    PACKAGE.write_text(fresh, encoding="utf-8", newline="\n")
    return True


if __name__ == "__main__":
    print("wrote the digest" if write_package() else "nothing changed")
