"""Listed before every other plugin: a run lives for seconds, so garbage is not worth looking for.

Importing the client libraries makes Python's collector walk all objects again and again, and once more at the exit;
without that the daily run takes about two thirds of the time (tests/bench/daily.py). A long run still collects, every
two hundred thousand objects.
"""

import atexit
import gc

gc.set_threshold(200_000, 50, 50)
atexit.register(gc.freeze)
