"""How far a study is, read from its results folder while it runs or after; nothing is written."""
