"""The pipeline of the paper (arXiv 2010.13309) in float, as a reference.

data     the clips behind the quanvolution of the paper, by split
network  U-Net, two BiLSTM and attention
train    training and report
"""
