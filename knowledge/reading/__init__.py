"""Values as people write them in a sentence: dates, money, counts, terms, numbers, places. Pure functions.

Every finder takes the text and gives what it found, with the place where it stands. What can be
read in two ways comes with both readings, what cannot be comes with the reason: nothing is guessed.
"""
