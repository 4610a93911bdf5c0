"""The study: the same network behind a quanvolution, a convolution, and no stage, compared.

config   StudyConfig: what all networks have in common
data     the training windows, and the clips of the validation and the test split
arms     the four networks and their stages
run      one network: train, export, evaluate, measure
results  the file of the runs
paired   means and confidence intervals of differences that are paired by seed
report   the report in Markdown
plot     the plot of all runs
study    the whole study
"""
