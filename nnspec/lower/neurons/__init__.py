"""Moments and cumulants of one neuron: in closed form where there is one, else by quadratures matched to its densities."""
