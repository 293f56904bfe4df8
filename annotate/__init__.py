"""Human preference annotation for interleaved multi-turn conversations."""

import os

# Several processes share the cores: threads of the linear algebra in each of them would wait for one another, not help.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
