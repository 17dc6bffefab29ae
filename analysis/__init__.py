"""What the records say: accuracies, forgetting, intervals, tables, checks and figures.

Importing this package costs nothing: each name loads its module when it is first used (PEP 562),
so that the command line's light commands pay for neither pandas nor seaborn. The figures of single
classes (`learned`, `drop`, `recovery`, ...) are in `analysis.metrics.class_forgetting`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.check import (
        check_claims,
        check_figures,
        claims_sentence,
        figures_sentence,
        gather,
    )
    from analysis.figures.class_segments import class_segment_heatmap
    from analysis.figures.saving import save
    from analysis.metrics.class_forgetting import recency_bias
    from analysis.metrics.confusion import accuracy, class_accuracy, mean_class_accuracy
    from analysis.metrics.dead_units import dead_units_table
    from analysis.metrics.gradients import gradient_table
    from analysis.metrics.misclassified import misclassified_table
    from analysis.metrics.task_metrics import (
        accuracy_over_examples,
        average_accuracy,
        average_incremental_accuracy,
        backward_transfer,
        forgetting_first_minus_last,
        forgetting_max_minus_last,
        forward_transfer,
        intransigence,
        learning_accuracy,
        mean_forgetting_first_minus_last,
        mean_forgetting_max_minus_last,
        minimum_accuracy,
        worst_case_accuracy,
    )
    from analysis.metrics.values import values_of
    from analysis.recency import (
        class_positions,
        class_similarity,
        position_sentences,
        position_table,
    )
    from analysis.runs import EvaluationLike, RunLike
    from analysis.scores import condition_scores, read_scores
    from analysis.statistics.comparison import compare
    from analysis.statistics.corrections import adjust
    from analysis.statistics.families import compare_all, compare_classes
    from analysis.statistics.friedman import friedman
    from analysis.statistics.interaction import DoubleDifference, double_difference
    from analysis.statistics.intervals import (
        binomial_standard_error,
        median_interval,
        percentiles,
        prediction_interval,
        quantile_interval,
        t_interval,
        wilson_interval,
    )
    from analysis.statistics.planning import explain_plan, plan, plan_from_pilot
    from analysis.statistics.result import Comparison, explain
    from analysis.statistics.slopes import slope_over_runs
    from analysis.statistics.statistical_power import power, seeds_needed
    from analysis.tables import (
        forgetting_table,
        history_table,
        per_class_table,
        status_counts,
        summary_table,
    )

__all__ = [
    "Comparison",
    "DoubleDifference",
    "EvaluationLike",
    "RunLike",
    "accuracy",
    "accuracy_over_examples",
    "adjust",
    "average_accuracy",
    "average_incremental_accuracy",
    "backward_transfer",
    "binomial_standard_error",
    "check_claims",
    "check_figures",
    "claims_sentence",
    "class_accuracy",
    "class_positions",
    "class_segment_heatmap",
    "class_similarity",
    "compare",
    "compare_all",
    "compare_classes",
    "condition_scores",
    "dead_units_table",
    "double_difference",
    "explain",
    "explain_plan",
    "figures_sentence",
    "forgetting_first_minus_last",
    "forgetting_max_minus_last",
    "forgetting_table",
    "forward_transfer",
    "friedman",
    "gather",
    "gradient_table",
    "history_table",
    "intransigence",
    "learning_accuracy",
    "mean_class_accuracy",
    "mean_forgetting_first_minus_last",
    "mean_forgetting_max_minus_last",
    "median_interval",
    "minimum_accuracy",
    "misclassified_table",
    "per_class_table",
    "percentiles",
    "plan",
    "plan_from_pilot",
    "position_sentences",
    "position_table",
    "power",
    "prediction_interval",
    "quantile_interval",
    "read_scores",
    "recency_bias",
    "save",
    "seeds_needed",
    "slope_over_runs",
    "status_counts",
    "summary_table",
    "t_interval",
    "values_of",
    "wilson_interval",
    "worst_case_accuracy",
]

_MODULE_OF = {
    "check_claims": "check",
    "check_figures": "check",
    "claims_sentence": "check",
    "figures_sentence": "check",
    "gather": "check",
    "compare": "statistics.comparison",
    "Comparison": "statistics.result",
    "explain": "statistics.result",
    "accuracy": "metrics.confusion",
    "class_accuracy": "metrics.confusion",
    "mean_class_accuracy": "metrics.confusion",
    "adjust": "statistics.corrections",
    "dead_units_table": "metrics.dead_units",
    "gradient_table": "metrics.gradients",
    "DoubleDifference": "statistics.interaction",
    "double_difference": "statistics.interaction",
    "compare_all": "statistics.families",
    "compare_classes": "statistics.families",
    "friedman": "statistics.friedman",
    "class_segment_heatmap": "figures.class_segments",
    "save": "figures.saving",
    "recency_bias": "metrics.class_forgetting",
    "binomial_standard_error": "statistics.intervals",
    "median_interval": "statistics.intervals",
    "percentiles": "statistics.intervals",
    "prediction_interval": "statistics.intervals",
    "quantile_interval": "statistics.intervals",
    "t_interval": "statistics.intervals",
    "wilson_interval": "statistics.intervals",
    "misclassified_table": "metrics.misclassified",
    "explain_plan": "statistics.planning",
    "plan": "statistics.planning",
    "plan_from_pilot": "statistics.planning",
    "class_positions": "recency",
    "position_sentences": "recency",
    "position_table": "recency",
    "class_similarity": "recency",
    "EvaluationLike": "runs",
    "RunLike": "runs",
    "condition_scores": "scores",
    "read_scores": "scores",
    "slope_over_runs": "statistics.slopes",
    "power": "statistics.statistical_power",
    "seeds_needed": "statistics.statistical_power",
    "forgetting_table": "tables",
    "history_table": "tables",
    "per_class_table": "tables",
    "status_counts": "tables",
    "summary_table": "tables",
    "accuracy_over_examples": "metrics.task_metrics",
    "average_accuracy": "metrics.task_metrics",
    "average_incremental_accuracy": "metrics.task_metrics",
    "backward_transfer": "metrics.task_metrics",
    "forgetting_first_minus_last": "metrics.task_metrics",
    "forgetting_max_minus_last": "metrics.task_metrics",
    "forward_transfer": "metrics.task_metrics",
    "intransigence": "metrics.task_metrics",
    "learning_accuracy": "metrics.task_metrics",
    "mean_forgetting_first_minus_last": "metrics.task_metrics",
    "mean_forgetting_max_minus_last": "metrics.task_metrics",
    "minimum_accuracy": "metrics.task_metrics",
    "worst_case_accuracy": "metrics.task_metrics",
    "values_of": "metrics.values",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
