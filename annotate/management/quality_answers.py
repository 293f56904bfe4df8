"""What `manage report` says about the quality of labels and models."""

from __future__ import annotations

from dataclasses import dataclass

from annotate.reports.quality import aggregates, agreement, bridge, model_health
from annotate.reports.quality.aggregates import AggregatesReport
from annotate.reports.quality.agreement import AgreementReport
from annotate.reports.quality.annotators import AnnotatorReport, annotator_report
from annotate.reports.quality.bridge import BridgeReport
from annotate.reports.quality.calibrations import CalibrationsReport, calibrations
from annotate.reports.quality.canaries import CanaryResult, canaries
from annotate.reports.quality.flag_statistics import FlagStatistics, flag_statistics
from annotate.reports.quality.forecast import (
    ForecastBasis,
    ForecastReport,
    Wanted,
    forecast_basis,
    forecast_of,
)
from annotate.reports.quality.judges import JudgeReport, judge_report
from annotate.reports.quality.model_health import ModelHealthReport
from annotate.reports.quality.stored import kept
from annotate.reports.quality.throughput import ThroughputReport, throughput_report


@dataclass(frozen=True, slots=True)
class QualityAnswers:
    """Every report about quality, under the name that it has in the command's JSON."""

    agreement: AgreementReport
    aggregates: AggregatesReport
    bridge: BridgeReport
    calibrations: CalibrationsReport
    model_health: ModelHealthReport
    canaries: list[CanaryResult]
    flag_statistics: FlagStatistics
    judges: JudgeReport
    annotators: AnnotatorReport
    throughput: ThroughputReport
    forecast: ForecastReport


def quality_answers(project_id: int) -> QualityAnswers:
    """Return the reports as their pages show them; computed now where none is stored."""
    basis = kept(project_id, "forecast", ForecastBasis, forecast_basis)
    return QualityAnswers(
        agreement=kept(project_id, agreement.NAME, AgreementReport, agreement.agreement_report),
        aggregates=kept(project_id, aggregates.NAME, AggregatesReport, aggregates.aggregates_report),
        bridge=kept(project_id, bridge.NAME, BridgeReport, bridge.bridge_report),
        calibrations=calibrations(project_id),
        model_health=kept(project_id, model_health.NAME, ModelHealthReport, model_health.model_health),
        canaries=canaries(project_id),
        flag_statistics=flag_statistics(project_id),
        judges=kept(project_id, "judges", JudgeReport, judge_report),
        annotators=kept(project_id, "annotators", AnnotatorReport, annotator_report),
        throughput=kept(project_id, "throughput", ThroughputReport, throughput_report),
        forecast=forecast_of(project_id, basis, Wanted()),
    )
