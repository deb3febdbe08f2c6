#!/usr/bin/env python3
"""Times a model by Infold and by ONNX Runtime in turns, for export-networks.py and fetch-models.py, and prints one line of JSON.

    tools/measure-network.py MODEL INPUTS.npz INFOLD THREADS ROUNDS SECONDS LIMIT
"""
import json
import sys

import numpy as np

from network_checks import Infold, Refusal, check_times


def main(model, stored, binary, threads, rounds, seconds, limit):
    inputs = dict(np.load(stored))
    try:
        print(json.dumps(check_times(model, inputs, Infold(binary, float(limit)), int(threads), int(rounds), float(seconds))))
    except Refusal as refusal:
        print(json.dumps({"failure": str(refusal)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
