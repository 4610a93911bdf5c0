"""Training of the model behind a quanvolution: training.qcnn and training.qcnn_study.

circuits       random circuits, and the best circuit of a study
layer          the quanvolution as a Keras layer with trainable angles
config         QcnnConfig: all settings of a training
training_set   training sets whose windows pass through the quanvolution
imitation      the network behind the quanvolution before its training
train_network  the training: the network learns to give the scores of its base
train          the five steps: load, split, fit, choose thresholds, export
export         the model with its accuracy on the test split
card           the card of the model
cost           arithmetic operations and computing time
clip_windows   the window of a clip, as on a device
options        options that both commands have
study/         quanvolution, ordinary convolution and no stage compared
reference/     the pipeline of the paper, in float

The computation of the quanvolution itself is in edge/features/quantum.
"""
