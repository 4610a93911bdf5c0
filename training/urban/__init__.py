"""The training of a model of urban sounds, on UrbanSound8K.

config      hyperparameters
metadata    which clips there are, their classes and the official folds
clips       the spectra of the clips
batches     random augmented windows
ten_folds   networks for the ten official folds, and their figures
report      the card
train       the steps, from the folder to the files of the model
"""
