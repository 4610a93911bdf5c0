"""The accuracy of a model on clips of single words.

scores         the scores of a model for each clip
float_network  the float network beside an int8 model, whose scores are compared
figures        accuracy per label, with confidence intervals
"""
