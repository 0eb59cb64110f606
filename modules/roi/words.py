"""The words of the ROI room: categories, scenarios, sources and what each figure means."""

from collections.abc import Mapping

from modules.roi.assumptions import Origin
from modules.roi.model import Category, CostKind
from modules.roi.settings import Scenario

CATEGORIES: Mapping[Category, tuple[str, str]] = {
    Category.COST_REDUCTION: ("Lower costs", "Money you spend today and no longer would."),
    Category.COST_AVOIDANCE: ("Costs avoided", "Money you would otherwise have to spend."),
    Category.PRODUCTIVITY: (
        "Time saved",
        "Only the part of the time that is used again is counted.",
    ),
    Category.REVENUE: ("More revenue", "Only the margin is counted, not the revenue."),
    Category.RISK: ("Less risk", "How often it happens, times the loss when it does."),
    Category.WORKING_CAPITAL: (
        "Money set free",
        "Released once, counted at the end of the first year.",
    ),
    Category.STRATEGIC: ("Beyond money", "Worth having, and left out of every sum."),
}

COST_KINDS: Mapping[CostKind, str] = {
    CostKind.CAPEX: "Investment",
    CostKind.IMPLEMENTATION: "Set-up",
    CostKind.TRAINING: "Training",
    CostKind.LICENCE: "Licence",
    CostKind.SUPPORT: "Support",
    CostKind.INTERNAL_LABOUR: "Your own time",
}

SCENARIOS: Mapping[Scenario, str] = {
    Scenario.CONSERVATIVE: "Conservative",
    Scenario.LIKELY: "Likely",
    Scenario.OPTIMISTIC: "Optimistic",
}

ORIGINS: Mapping[Origin, str] = {
    Origin.SELLER: "Our typical value",
    Origin.BUYER: "Your number",
    Origin.IMPACTS: "From your answers on impact",
    Origin.OUTCOMES: "From your answers on outcomes",
    Origin.PROFILE: "From the size of your company",
}

DEFINITIONS: Mapping[str, str] = {
    "One benefit": (
        "Quantity, times the value of one, times the improvement, times the share of it the "
        "scenario counts, times the effect reached that year, times growth since year 1. Time "
        "saved is also multiplied by the part used again, revenue by the margin."
    ),
    "Net present value (NPV)": (
        "All benefits less all costs, each later year discounted to today. Costs at the start "
        "are not discounted; everything else counts at the end of its period."
    ),
    "Return on investment (ROI)": (
        "Benefits less costs, divided by costs, both at present value, as in Forrester's TEI "
        "studies. The undiscounted ROI is the same on plain sums."
    ),
    "Benefit-cost ratio": "Benefits divided by costs, both at present value.",
    "Internal rate of return (IRR)": (
        "The discount rate at which the NPV would be zero. There is none if the result of the "
        "periods never changes its sign, or changes it more than once."
    ),
    "Modified IRR": (
        "Like the IRR, with returns put to work at the discount rate and not at the IRR itself."
    ),
    "Payback": (
        "When what came in first covers what went out, counted evenly within a period. The "
        "discounted payback does the same on present values."
    ),
    "Total cost of ownership": "All costs over the years counted.",
    "Break-even": "The share of the benefits that must come true for the NPV to be exactly zero.",
    "Cost of doing nothing": (
        "What a full-run year brings in this scenario, divided by twelve; beside it, the same "
        "less the monthly licence."
    ),
    "Sensitivity": (
        "The NPV when one number alone is lower or higher than assumed, the widest swing first."
    ),
}
