"""Whether a machine is ready for a study, and how fast it is."""
