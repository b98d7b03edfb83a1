# Writes projection-answers.ts: what scikit-learn says of its irises, and of rows made up by a formula.
#   pip install scikit-learn && python test/golden/projection-answers.py > test/golden/projection-answers.ts && npx prettier --write test/golden/projection-answers.ts
import json

import numpy as np
import sklearn
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.preprocessing import StandardScaler


def twelve(values):
    return [float(f"{value:.12g}") for value in np.asarray(values, dtype=float).ravel()]


def axes(rows, kept):
    fitted = PCA(svd_solver="full").fit(rows)
    return {
        "variances": twelve(fitted.explained_variance_[:kept]),
        "shares": twelve(fitted.explained_variance_ratio_[:kept]),
        "directions": twelve(fitted.components_[:kept, :8]),
        "scores": twelve(fitted.transform(rows)[::10, :kept]),
    }


iris = load_iris()
scaled = StandardScaler().fit_transform(iris.data)

# As the test makes them: 120 rows of 200 columns, five waves that fade, and unrest.
row, column = np.meshgrid(np.arange(120), np.arange(200), indexing="ij")
waves = sum(np.sin((wave + 1) * 0.7 * row + wave) * np.cos((wave + 2) * 0.11 * column) / (wave + 1) for wave in range(5))
made = waves + 0.05 * np.sin(12.9898 * row * 3 + 78.233 * column * 7)

print(f"// What scikit-learn {sklearn.__version__} (numpy {np.__version__}) says of its irises and of made-up rows: projection-answers.py wrote it.")
print("/** [150, 4], cm. */")
print("export const iris = " + json.dumps(iris.data.ravel().tolist()) + ";")
print("export const irisAxes = " + json.dumps(axes(iris.data, 4)) + ";")
print("export const scaledIrisAxes = " + json.dumps(axes(scaled, 4)) + ";")
print("/** Of the first eight columns alone; of every tenth row. */")
print("export const madeAxes = " + json.dumps(axes(made, 3)) + ";")
print("/** Of their first two columns as a picture of all, 12 neighbours. */")
print(f"export const madeTrust = {trustworthiness(made, made[:, :2], n_neighbors=12):.12g};")
