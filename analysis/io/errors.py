"""The one exception root: what a user did can be mended, and the message says how."""

from __future__ import annotations

from typing import ClassVar


class StudyError(Exception):
    """A problem that the user can mend; shown as one message, never as a traceback.

    Parameters
    ----------
    problem : str
        What is wrong: the file, the key or residue, and the value found there.
    remedy : str
        What to do about it.

    Attributes
    ----------
    status : int
        Exit status of the command that it ends.
    """

    status: ClassVar[int] = 2

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n  → {remedy}" if remedy else problem)

    def __reduce__(self) -> tuple[type[StudyError], tuple[str, str]]:
        """Survive the way back from a worker process with problem and remedy apart."""
        return type(self), (self.problem, self.remedy)


class InputError(StudyError):
    """A file given by the user cannot be used."""


class ConfigError(StudyError):
    """A configuration value is missing, unknown or impossible."""


class MetalSiteError(StudyError):
    """The MIDAS metal site is not what its state demands."""


class PlatformError(StudyError):
    """The compute platform that was asked for does not answer."""


class SimulationError(StudyError):
    """A simulation produced something unphysical."""


class InputWarning(UserWarning):
    """Something about the user's files that changes what a result means, but not its validity."""
