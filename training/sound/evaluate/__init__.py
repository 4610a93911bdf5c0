"""Evaluation of sound models: clip accuracy, words spotted in long audio, thresholds, cards.

clip_accuracy/   accuracy on clips of single words
long_audio/      audio with a ground truth: mixed from clips, or annotated recordings
spotting/        the words that a model spots in long audio, matched to the ground truth
thresholds/      the choice of thresholds within budgets of false accepts
validation       accuracy and thresholds of a trained network, from its validation set
card             the card of a trained model
tables           results as Markdown tables
options, inputs, evaluated_model, evaluation   the parts of `python -m training.evaluate`
"""
