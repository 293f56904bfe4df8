"""Human preference annotation for interleaved multi-turn conversations."""
