"""Thresholds of a spotting decision, chosen on long audio of speakers outside the training set.

For each budget of false accepts per hour, the threshold with most hits is chosen among those that
stay within the budget, with headroom. A budget can be too small to be measured with the audio. Then
the threshold is extrapolated from that of a larger budget.

All words have the same threshold. Thresholds by word would give more hits on this audio, and fewer
on other speakers: the few clips of a word tell more about their speakers than about the word. The
exceptions are strict words. A word that causes most false accepts (the "nine" of one speaker in the
validation set sounds like "five" at any threshold) gets the highest threshold, and so does not use
up the budget of the others.

config            budgets and settings
trial             the result of one threshold
strict_words      the words with a threshold of their own
operating_points  a threshold for each budget, and what was measured with it
choose            all of it: from scored audio to the decision of a manifest
"""
