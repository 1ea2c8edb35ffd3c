"""Stands for: MLflow's own scoring server. Saves the product's pickle as an MLflow model.

python save.py MODEL_PICKLE FOLDER
"""

import pickle
import sys
from pathlib import Path

import mlflow.sklearn

model = pickle.loads(Path(sys.argv[1]).read_bytes())
# Without a signature: with one, the server would also check every column.
mlflow.sklearn.save_model(model, sys.argv[2], pip_requirements=[])
