"""The laws by record."""
from nnspec.testing.activation_laws import check_activation
