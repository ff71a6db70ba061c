"""The one exception root: what a user did can be mended, and the message says how."""

from __future__ import annotations


class StudyError(Exception):
    """A problem that the user can mend; shown as one message, never as a traceback.

    Parameters
    ----------
    problem : str
        What is wrong: the file, the key or residue, and the value found there.
    remedy : str
        What to do about it.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n  → {remedy}" if remedy else problem)


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
