"""Training of the ECG model. The steps are in `train.py`."""
