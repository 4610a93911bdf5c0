"""How a network is trained.

config                TrainingConfig: all settings of a training
augmentation_config   AugmentationConfig: how much augmentation changes clips
network_config        NetworkConfig: the size of the network
front_ends            the input spectra that models may have
training_data         load the clips, noise and other words that a config names
sampling_weights      how often each clip is drawn
training_sets         clips with classes and weights: all words, a task, an adaptation
placement             position and speed of a word in the window, neighbouring words, reverberation
augmentation          other voices, rooms, microphones and noise in log-mel spectra
batches               random batches of augmented windows
waveform_augmentation the same for waveforms
waveform_training_set training sets of waveforms, for other front ends than the shipped one
layers                layers for whole windows and for a stream
architecture          how the layers of the network are connected
network               trainable, folded and streaming form of the network
pretrained_model      a shipped model that is adapted
sequence_config       SequenceConfig: what sequences of live sound contain
sequence_sound        add clips, reverberation and noise as energies
sequences             compose sequences of words, talk and noise
sequence_targets      what the scores should be at each step of a sequence
sequence_loss         the loss: best step of a word, worst step of everything else
sequence_fit          train on sequences, the last phase
fit                   the training loop
phases                pretrain, finetune, adapt, train from scratch
distillation          a larger network as teacher
train_network         the phases that a config needs, in order
"""
