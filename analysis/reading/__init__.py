"""Other people's files: which format they have, whether every frame is sound, and its times."""
