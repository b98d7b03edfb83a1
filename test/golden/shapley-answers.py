# Writes shapley-answers.ts: what shap says of a made-up function and of made-up trees.
#   pip install shap==0.51.0 scikit-learn && python test/golden/shapley-answers.py > test/golden/shapley-answers.ts && npx prettier --write test/golden/shapley-answers.ts
import json

import numpy as np
import shap
import sklearn
from sklearn.tree import DecisionTreeRegressor

draw = np.random.default_rng(1)


def twelve(values):
    return [float(f"{value:.12g}") for value in np.asarray(values, dtype=float).ravel()]


def black_box(x):
    """f(x) = x0·x1 + sin x2 + max(x3, 0) + x4²·x5: two pairs that act together, three bends."""
    return x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + np.maximum(x[:, 3], 0) + x[:, 4] ** 2 * x[:, 5]


# Steps of 1/8 are the same in 32 bits and in 64.
background = np.round(draw.normal(size=(9, 6)) * 8) / 8
rows = np.round(draw.normal(size=(4, 6)) * 8) / 8
exact = shap.explainers.ExactExplainer(black_box, shap.maskers.Independent(background))(rows)
kernel = shap.KernelExplainer(black_box, background).shap_values(rows, nsamples="auto", silent=True)
assert np.allclose(exact.values, kernel, atol=1e-9)

features = np.round(draw.normal(size=(80, 4)) * 8) / 8
target = features[:, 0] * features[:, 1] + features[:, 2] + (features[:, 3] > 0) * features[:, 0]
trees = []
for seed in range(3):
    sample = np.random.default_rng(seed).integers(0, len(features), len(features))
    grown = DecisionTreeRegressor(max_depth=4, min_samples_leaf=3, random_state=seed).fit(features[sample], target[sample])
    # Grown as it is, a column met twice on a path included; read by shap as trees of a table, not through scikit-learn.
    own = grown.tree_
    trees.append(
        {
            "children_left": own.children_left,
            "children_right": own.children_right,
            "children_default": own.children_left,
            "features": own.feature,
            "thresholds": own.threshold,
            "values": own.value[:, :, 0] / 3,
            "node_sample_weight": own.weighted_n_node_samples,
        }
    )
asked = np.round(draw.normal(size=(5, 4)) * 8) / 8 + 1 / 64
explainer = shap.TreeExplainer({"trees": trees}, feature_perturbation="tree_path_dependent")
effects = explainer.shap_values(asked)
base = float(np.ravel(explainer.expected_value)[0])
said = base + effects.sum(axis=1)

print(f"// Made by shapley-answers.py, with shap {shap.__version__} (ExactExplainer, which its KernelExplainer agrees with; TreeExplainer by the path's covers)")
print(f"// and trees that scikit-learn {sklearn.__version__} grew.")
answers = {
    "blackBox": {
        "background": twelve(background),
        "rows": twelve(rows),
        "base": float(f"{float(np.ravel(exact.base_values)[0]):.12g}"),
        "effects": twelve(exact.values),
    },
    "trees": {
        "rows": twelve(asked),
        "base": float(f"{base:.12g}"),
        "effects": twelve(effects),
        "said": twelve(said),
        "grown": [
            {
                "left": one["children_left"].tolist(),
                "right": one["children_right"].tolist(),
                "column": [at if at >= 0 else -1 for at in one["features"].tolist()],
                "thresholds": [float(value) for value in one["thresholds"]],
                "values": [float(value) * 3 for value in one["values"][:, 0]],
                "cover": one["node_sample_weight"].tolist(),
            }
            for one in trees
        ],
    },
}
for name, value in answers.items():
    print(f"\nexport const {name} = {json.dumps(value)};")
