"""Changes of a model: MEANINGFUL ones alter a pixel or a sample somewhere, NEUTRAL ones nowhere.

Each takes the model, a source of chance and of new words, and changes the model in place; it says what it did, or ""
where the model has nothing to do it to.
"""

from tests.mutation.changes import files, instances, looks, words
from tests.mutation.changes.kinds import MEANINGFUL, NEUTRAL

__all__ = ["MEANINGFUL", "NEUTRAL", "files", "instances", "looks", "words"]
