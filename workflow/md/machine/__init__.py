"""What this machine can do: platforms, kernels, speed; `lfa1 doctor`."""
