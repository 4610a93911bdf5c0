"""The training of a model that estimates the arterial pressure from a photoplethysmogram (PPG).

config       hyperparameters, and the input and output of the model
windows      windows of PPG with the pressure at the same time, and their people
recorded     the windows of WFDB records, and of the data.hdf5 of the original paper
simulated    the windows of simulated people
network      two small U-Nets: an approximation, and its refinement
evaluation   errors, and the grades of BHS and AAMI
report       the card
train        the steps, from the data to the files of the model
"""
