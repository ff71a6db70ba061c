"""Statistics of correlated series and of replicas."""
