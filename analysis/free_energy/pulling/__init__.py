"""Speed, force and work of pulls."""
