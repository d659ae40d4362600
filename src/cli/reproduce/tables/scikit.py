"""Fits scikit-learn's models on splits of one table.

Reads from standard input a line of JSON, {"task": ..., "iterations": ..., "splits": [{"seed", "features", "train", "test"}, ...]},
and behind it, as little-endian doubles, the training samples, the training targets and the test samples of every split.
Writes JSON: for every model its name, and for every split the predictions and the seconds that fitting took.
"""

import json
import sys
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

MODELS = {
    "classification": [
        ("MLPClassifier", lambda seed, **limit: MLPClassifier(**limit, random_state=seed)),
        ("LogisticRegression", lambda seed, **limit: LogisticRegression(**limit, random_state=seed)),
    ],
    "regression": [
        ("MLPRegressor", lambda seed, **limit: MLPRegressor(**limit, random_state=seed)),
        ("Ridge", lambda seed, **limit: Ridge(**limit, random_state=seed)),
    ],
}


def read(*shape):
    count = int(np.prod(shape))
    return np.frombuffer(sys.stdin.buffer.read(8 * count), "<f8", count).reshape(shape)


def main():
    job = json.loads(sys.stdin.buffer.readline())
    limit = {} if job["iterations"] is None else {"max_iter": job["iterations"]}
    is_number = job["task"] == "regression"
    models = [{"name": name, "fits": []} for name, _ in MODELS[job["task"]]]
    for split in job["splits"]:
        train = read(split["train"], split["features"])
        targets = read(split["train"])
        test = read(split["test"], split["features"])
        for model, (_, make) in zip(models, MODELS[job["task"]]):
            start = time.perf_counter()
            fitted = make(split["seed"], **limit).fit(train, targets if is_number else targets.astype(int))
            seconds = time.perf_counter() - start
            model["fits"].append({"seconds": seconds, "predicted": fitted.predict(test).tolist()})
    json.dump(models, sys.stdout)


# Fits that stop before they have converged say so; they count as they are.
warnings.simplefilter("ignore")
main()
