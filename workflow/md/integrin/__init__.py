"""An integrin's headpiece or ectodomain as the system: both chains, each metal site on its own."""
