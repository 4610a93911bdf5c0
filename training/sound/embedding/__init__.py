"""The embedding of sound that enrolled words are compared in.

A streaming network gives a vector for each step of 40 ms. It is trained to tell the phones of many
languages apart, so that words that it was not trained on can be compared as well. Machine voices
say thousands of words with the time of each phone. In recordings of people, whose words are known,
the network itself finds the times (`alignment`).
"""
