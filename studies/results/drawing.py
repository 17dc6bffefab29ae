"""Figures on demand: matplotlib and seaborn take a second, which only who draws should wait for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studies.results.figures import Panels as Panels
    from studies.results.figures import figure_of as figure_of
    from studies.results.figures import figure_of_check as figure_of_check
    from studies.results.figures import figure_of_comparison as figure_of_comparison
    from studies.results.figures import save_figure as save_figure


def __getattr__(name: str) -> Any:
    return getattr(import_module("studies.results.figures"), name)
