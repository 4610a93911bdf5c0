"""Training of the models that recognise words: training.kws and training.sounddigit.

task           the words of a model, and the labels of all other sounds
options        the command-line options, and the config they make
train          the five steps: load, split, fit, choose thresholds, export
export         the int8 model with its manifest, and the files beside it
data/          clips of words and noise, and the split into training and validation set
learn/         config, augmentation, network, training loop
evaluate/      accuracy on clips, spotting in long audio, thresholds, card

Imports go one way: train -> export -> evaluate -> data, and train -> learn -> data.
"""
