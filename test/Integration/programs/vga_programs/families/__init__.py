"""Families of operations, each in a file: importing this fills the table."""

from . import attention, contractions, control, elementwise, generic, reductions, shapes, states  # noqa: F401
from .table import FAMILIES  # noqa: F401
