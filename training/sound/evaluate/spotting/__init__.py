"""The words that a model spots in long audio, matched to the ground truth.

scored_audio  the scores of all windows, and the words that a decision spots
fast_spotter  the same words in milliseconds, to try many thresholds
matching      spotted words against the ground truth
result        hits, misses, false accepts and delays
figures       all of it for one long audio
det_curve     misses against false accepts, for all thresholds
"""
