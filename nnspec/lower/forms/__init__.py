"""Forms: what a model looks like to a rule. Found by passes over the IR; an obstacle says what prevents one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnspec.ir.experiment import Experiment
from nnspec.lower.forms.amplitudes import LinearInAmplitudes, linear_in_amplitudes
from nnspec.lower.forms.base import Anything, Obstacle, anything
from nnspec.lower.forms.homogeneous import HomogeneousLayers, homogeneous_layers
from nnspec.lower.forms.independent import IndependentNeurons, Neuron, independent_neurons
from nnspec.lower.forms.layer_stack import LayerStackForm, layer_stack
from nnspec.lower.forms.stationary import Stationary, stationary
from nnspec.plugin.vocabulary import Vocabulary

FORMS: dict[str, Callable[[Experiment, Vocabulary], Any]] = {
    "Anything": anything,
    "HomogeneousLayers": homogeneous_layers,
    "IndependentNeurons": independent_neurons,
    "LayerStack": layer_stack,
    "LinearInAmplitudes": linear_in_amplitudes,
    "Stationary": stationary,
}
"""Every form by its name; a finder gives the form or an obstacle."""

__all__ = [
    "FORMS", "Anything", "HomogeneousLayers", "IndependentNeurons", "LayerStackForm", "LinearInAmplitudes", "Neuron", "Obstacle",
    "Stationary", "anything", "homogeneous_layers", "independent_neurons", "layer_stack", "linear_in_amplitudes", "stationary",
]  # fmt: skip
