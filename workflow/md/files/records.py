"""Records: the JSON file that a step writes beside its outputs, and later steps check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lfa1_analysis.io.errors import InputError
from lfa1_md.files.provenance import read_json

STRUCTURE = ""
"""Stands for the one input of preparation, whose record does not know what it is called now."""
SYSTEM = "system.xml.gz"
"""Name of a system's parameters, whose checksum every record of a run holds."""


class UsedFile(BaseModel):
    """A file that a step read, with its checksum."""

    model_config = ConfigDict(extra="allow")

    file: str = ""
    sha256: str = ""
    files: dict[str, str] = {}
    """Where it is several: their checksums, of which `sha256` is made."""


class Record(BaseModel):
    """The part that all records have in common; each step's own results come on top.

    Attributes
    ----------
    files : dict of str to str, optional
        Checksums of the outputs, by their names in the record's folder.
    inputs : list of UsedFile, optional
        All files that the step read.
    started_from : UsedFile, optional
        The file or files that it goes on from.
    system_sha256 : str, optional
        Checksum of the parameters that a run was made with.
    settings, settings_digest : optional
        The part of the configuration that decides the outcome, and its digest.
    """

    model_config = ConfigDict(extra="allow")

    files: dict[str, str] | None = None
    inputs: list[UsedFile] | None = None
    started_from: UsedFile | None = None
    system_sha256: str | None = None
    settings: dict[str, Any] | None = None
    settings_digest: str | None = None
    provenance: Any = None

    @classmethod
    def read(cls, path: Path) -> Record:
        """Read a record.

        Raises
        ------
        InputError
            It is missing, unreadable, or says what no record can say.
        """
        try:
            return cls.model_validate(read_json(path))
        except ValidationError as error:
            keys = ", ".join(dict.fromkeys(str(each["loc"][0]) for each in error.errors()))
            raise InputError(
                f"{path}: its {keys} cannot be right", "delete it and run its step again"
            ) from None

    @property
    def began(self) -> dict[str, set[str]]:
        """Return the checksums of what the step read, by the files' names."""
        pairs = [(each.file, each.sha256) for each in self.inputs or []]
        if self.started_from is not None:
            one = {self.started_from.file: self.started_from.sha256}
            pairs += (self.started_from.files or one).items()
        if isinstance(self.provenance, dict):
            pairs.append((STRUCTURE, str(self.provenance.get("source_sha256") or "")))
        pairs.append((SYSTEM, self.system_sha256 or ""))
        found: dict[str, set[str]] = {}
        for name, checksum in pairs:
            if checksum:
                checksum = f"sha256:{checksum.removeprefix('sha256:')}"
                found.setdefault(Path(name).name, set()).add(checksum)
        return found
