#!/usr/bin/env python3
"""Times a model with Infold and with ONNX Runtime, alternating, for export-networks.py and
fetch-models.py, and prints one line of JSON.

    tools/measure-network.py MODEL INPUTS.npz INFOLD THREADS[,THREADS...] ROUNDS SECONDS LIMIT
"""
import json
import sys

import numpy as np

from network_runtimes import Infold, Refusal
from network_times import check_times


def main(model, stored, binary, threads, rounds, seconds, limit):
    inputs, infold = dict(np.load(stored)), Infold(binary, float(limit))
    times = {}
    for count in threads.split(","):
        try:
            times[count] = check_times(model, inputs, infold, int(count), int(rounds), float(seconds))
        except Refusal as refusal:
            times[count] = {"failure": str(refusal)}
    print(json.dumps(times))


if __name__ == "__main__":
    main(*sys.argv[1:])
