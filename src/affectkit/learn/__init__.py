"""What learns: estimators on scikit-learn's contract, losses, and heads run by numpy."""
