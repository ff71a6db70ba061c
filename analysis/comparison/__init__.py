"""From the tables of replicas to effects, intervals and verdicts."""
