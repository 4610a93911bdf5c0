"""The data of a training: clips of words, noise, and the split.

words              spelling of words, and the label of a word
clip_files         one recording of a word, and the speaker in its name
lists              index.csv, and the split lists of Speech Commands
folder_layouts     the recordings below a folder: word, speaker, split
clip_selection     the recordings of a split or of some speakers, to score a model on
recordings         samples of recordings, at the rate of a model
log_mel            the spectrum of a clip of one second
log_mel_images     spectra that are stored as images
clips              many clips as arrays: spectra, words, speakers
stored_rows        spectra that stay on the disk
load               all clips below some folders, from a cache if possible
simulated_speakers words of simulated speakers
noise              recorded and synthetic noise for training
synthetic_noise    stationary and non-stationary noise
split              training set and validation set without common speakers
leakage            refuses speakers that are in training and test
download           Speech Commands from the Internet
"""
