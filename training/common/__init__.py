"""Code that all trainings share; it does not depend on strokes, words or quantum circuits.

atomic_write   files that are complete or absent; the check of --out
cache          results that take long to compute, stored by their inputs and their source code
card           lines that the cards of several models have
confusion      confusion matrices as counts
epoch_logger   progress of a training, as a Keras callback
event_matching detections matched to the ground truth
fit            the training loop of Keras networks, on one machine or on those of TF_CONFIG
int8_model     an exported model, scored as devices score it
intervals      95 % confidence intervals
job_outcome    what a job gives, and what it logged
jobs           independent jobs, in processes of this machine or on a cluster
keras_layers   batch normalisation folded into convolutions, weights read from a .tflite file
left_out       files that cannot be used, named and counted
licences       source and licence of each corpus
local_workers  the processes of this machine that compute jobs
missing_extra  one line in place of a traceback where the extra `training` is not installed
onnx           export of the float network
optimizer      AdamW, and a learning rate with warm-up and cosine decay
options        the options that every training of a model has
plots          confusion matrices and DET curves as PNG files
progress       progress of long computations, with the time that is left
provenance     how a model was made: command line, corpora, metrics, versions
ray_workers    jobs on a Ray cluster
sampling       random rows, each as likely as its weight
stored_array   arrays of a cache file that stay on the disk
tf_config      the place of this process among those of one training
tflite         export of the int8 network
tflite_file    the content of a .tflite file: read its weights, remove what no runtime needs
workers        the start of a training: other machines, and the device that computes
"""
