# Writes grouping-answers.ts: what scikit-learn says of k-means on its irises (as measured) and wines (standardised).
#   pip install scikit-learn && python test/golden/grouping-answers.py > test/golden/grouping-answers.ts && npx prettier --write test/golden/grouping-answers.ts
import json

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import adjusted_rand_score, silhouette_samples, silhouette_score


def answers(rows, target, start):
    fitted = KMeans(n_clusters=len(start), init=rows[start], n_init=1, algorithm="lloyd").fit(rows)
    each = silhouette_samples(rows, fitted.labels_)
    return {
        "start": list(start),
        "inertia": fitted.inertia_,
        "iterations": fitted.n_iter_,
        "labels": "".join(map(str, fitted.labels_)),
        "silhouette": silhouette_score(rows, fitted.labels_),
        "each": each[::15].tolist(),
        "rand": adjusted_rand_score(target, fitted.labels_),
    }


iris, wine = load_iris(), load_wine()
scaled = (wine.data - wine.data.mean(axis=0)) / wine.data.std(axis=0)

# A centre far from all rows loses them at once, and is put where the row farthest from its own centre lies.
lost = np.vstack([iris.data[[0, 60]], [[100.0, 100.0, 100.0, 100.0]]])
mended = KMeans(n_clusters=3, init=lost, n_init=1, algorithm="lloyd").fit(iris.data)

print(f"// What scikit-learn {sklearn.__version__} (numpy {np.__version__}) says of k-means on its irises and wines: grouping-answers.py wrote it.")
print("/** [178, 13], as measured. */")
print("export const wine = " + json.dumps(wine.data.ravel().tolist()) + ";")
print("export const irisClasses = " + json.dumps("".join(map(str, iris.target))) + ";")
print("export const wineClasses = " + json.dumps("".join(map(str, wine.target))) + ";")
print("/** From the rows `start` as centres; of each fifteenth row its own silhouette. */")
print("export const irisGroups = " + json.dumps([answers(iris.data, iris.target, start) for start in ([0, 60], [0, 60, 120], [5, 50, 51, 100, 140])]) + ";")
print("export const wineGroups = " + json.dumps([answers(scaled, wine.target, start) for start in ([0, 90, 170], [3, 40, 80, 160])]) + ";")
print("export const mended = " + json.dumps({"inertia": mended.inertia_, "labels": "".join(map(str, mended.labels_))}) + ";")
