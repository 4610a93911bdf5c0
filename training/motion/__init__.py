"""Training of AirDigit: digits drawn in the air, recognised from accelerometer and gyroscope.

The modules, in the order in which data passes through them:

config            TrainingConfig: every hyperparameter, with its default
strokes           Strokes: a set of strokes as arrays
dataset           recorded takes, read from folders
people            simulated people, who draw the characters of pen corpora
likeness          how much a trajectory looks like what was truly drawn
shares            how often the kinds of simulated strokes are shown
examples          strokes under their right sign
split             which takes are held out of training, to measure the model
augmentation      random variations of a stroke
network           the network, trainable and with folded batch normalisation
fit               the training loop: pretrain, finetune, adapt
takes             takes to validate and test with, drawn by the simulated hands of --mock
writers           characters of the pen corpora for these hands
scoring           scores of strokes whatever the sign of their lateral axis
playback          what a model answers for a take, as a recording and live
validation        the validation set
thresholds        the threshold of each digit, chosen on the validation set
evaluation        accuracy of the float network and of the int8 model
export            the model file, its manifest and its ONNX twin
report            the model card
training_data     recorded takes, simulated people and the base model, loaded
train             all of these, in five steps

And for training.airdigit_figures:

strangers         the shipped model on people and devices that it was not trained on
held_out          networks that are trained without a person, a session or a device
protocols         what is held out and tested there
live_accuracy     recorded takes, played to the live chain
without_gyroscope networks without and with a gyroscope, compared
acceleration      strokes as a sensor without a gyroscope measures them
"""
