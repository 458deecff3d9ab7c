"""What every chain is told: how many of them, how long they adapt, how many steps are kept."""

from nnspec.plugin import Field


def fields(adapted: str) -> tuple[Field, ...]:
    """Options of a chain whose step size is adapted to what `adapted` says."""
    return (
        Field(name="chains", type="count", doc="independent chains", default="4"),
        Field(name="warmup", type="count", doc="steps of each chain that adapt it and are thrown away", default="500"),
        Field(name="draws", type="count", doc="steps of each chain that are kept", default="1000"),
        Field(name="target_accept", type="number", doc=f"{adapted} that the step size is adapted to", default="0.8"),
        Field(name="step_size", type="number", doc="leapfrog step to begin with; found by trial when it is not given"),
    )
