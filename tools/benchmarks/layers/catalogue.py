"""All layers of the scorecard, by group."""

from __future__ import annotations

from tools.benchmarks.layers import (
    activations,
    affine,
    attention,
    convolutions,
    dropout,
    gated,
    image_normalisation,
    lookups,
    losses,
    normalisation,
    pooling,
    products,
    recurrent,
    shapes,
    softmax,
)
from tools.benchmarks.layers.layer import Layer

LAYERS: tuple[Layer, ...] = (
    *affine.LAYERS,
    *convolutions.LAYERS,
    *pooling.LAYERS,
    *normalisation.LAYERS,
    *image_normalisation.LAYERS,
    *softmax.LAYERS,
    *attention.LAYERS,
    *lookups.LAYERS,
    *recurrent.LAYERS,
    *gated.LAYERS,
    *activations.LAYERS,
    *dropout.LAYERS,
    *products.LAYERS,
    *shapes.LAYERS,
    *losses.LAYERS,
)
GROUPS = tuple(dict.fromkeys(layer.group for layer in LAYERS))
