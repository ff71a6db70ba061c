"""Anyone's structures and trajectories: opened, checked, and read some frames at a time."""
