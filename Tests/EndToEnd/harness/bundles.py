"""Deployment bundles as clients make them: a gzip-compressed tar with manifest.json at its root."""

import io
import json
import tarfile
from collections.abc import Mapping


def manifest(app_mode: str, files: Mapping[str, bytes] | None = None, **more) -> dict:
    """The least that a manifest says: the content type and the files."""
    names = {name: {"checksum": ""} for name in files or {}}
    return {"version": 1, "metadata": {"appmode": app_mode, "entrypoint": "app"}, "files": names, **more}


def bundle(app_mode: str = "python-shiny", files: Mapping[str, bytes] | None = None, **more) -> bytes:
    """A bundle of a content type with these files."""
    files = {"app.py": b"app = None\n"} if files is None else files
    text = json.dumps(manifest(app_mode, files, **more)).encode()
    return archive({"manifest.json": text, **files})


def archive(files: Mapping[str, bytes | None], *links: tarfile.TarInfo) -> bytes:
    """A gzip tar of just these files, folders (None) and links: for bundles that are not as they should be."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            if content is None:
                entry.type = tarfile.DIRTYPE
            entry.size = len(content or b"")
            tar.addfile(entry, io.BytesIO(content or b""))
        for link in links:
            tar.addfile(link)
    return packed.getvalue()
