"""Training of AirDigit: digits drawn in the air, recognised from accelerometer and gyroscope.

The modules, in the order in which data passes through them:

config            TrainingConfig: every hyperparameter, with its default
strokes           Strokes: a set of strokes as arrays
dataset           recorded takes, read from folders
simulated_people  strokes of simulated people
split             which takes are held out of training, to measure the model
augmentation      random variations of a stroke
network           the network, trainable and with folded batch normalisation
fit               the training loop: pretrain, finetune, adapt
thresholds        the threshold of live recognition, chosen on a validation set
evaluation        accuracy of the float network and of the int8 model
export            the model file, its manifest and its ONNX twin
report            the model card
training_data     recorded takes, simulated people and the base model, loaded
train             all of these, in five steps

And for training.airdigit_figures:

protocols         what is held out and tested
live_accuracy     recorded takes, played to the live chain
"""
