"""Design-based answers: direct estimates, survey-weighted regression, their variances."""
