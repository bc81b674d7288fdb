"""Multilevel Bayesian models: nested Laplace, NUTS, and what a posterior can be asked."""
