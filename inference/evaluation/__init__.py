"""How well a scorer agrees with people: published benchmarks, their metrics, the raw scores kept."""
