"""Stands for: the common solution with FastAPI, pandas and a pickle; it keeps no audit.

Run by uvicorn[standard], that is with uvloop and httptools, and without an access log.
"""

import json
import os
import pickle
from pathlib import Path

import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel, Field

MODEL = pickle.loads(Path(os.environ["PEER_MODEL"]).read_bytes())
FEATURES = json.loads(Path(os.environ["PEER_FEATURES"]).read_bytes())
DEMOGRAPHICS = pd.read_csv(os.environ["PEER_DEMOGRAPHICS"], dtype={"zipcode": str})

app = FastAPI(title="Home values")


class Home(BaseModel):
    bedrooms: int = Field(ge=0, le=50)
    bathrooms: float = Field(ge=0, le=20)
    sqft_living: int = Field(ge=100)
    sqft_lot: int = Field(ge=100)
    floors: float = Field(ge=1, le=10)
    waterfront: int = Field(ge=0, le=1)
    view: int = Field(ge=0, le=4)
    condition: int = Field(ge=1, le=5)
    grade: int = Field(ge=1, le=13)
    sqft_above: int = Field(ge=0)
    sqft_basement: int = Field(ge=0)
    yr_built: int = Field(ge=1800)
    yr_renovated: int = Field(ge=0)
    zipcode: str = Field(pattern=r"^\d{5}$")
    lat: float
    long: float
    sqft_living15: int = Field(ge=100)
    sqft_lot15: int = Field(ge=100)


class Value(BaseModel):
    prediction: float
    currency: str = "USD"


@app.post("/predict")
def predict(home: Home) -> Value:
    # Not `async`: the model computes, and would hold up the event loop.
    data = pd.DataFrame([home.model_dump()]).merge(DEMOGRAPHICS, how="left", on="zipcode")
    return Value(prediction=float(MODEL.predict(data[FEATURES])[0]))
