"""What every face of the gallery says: plenty of p b m, f v, oo w, ee, aa and sh s in each sentence."""

SENTENCES = (
    "My father bought five new maps, we need to move them very far.",
    "She feeds the seven blue bees while you choose a moon for Emma.",
    "Who would beep the horn of a very fast car by the pool?",
    "He puts both shoes above the big stove, far from the steam.",
    "We saw a few warm wolves leap over Papa's wooden farm.",
    "Please prove that all the cheap food moves from Africa to Peru.",
)
VOICE, DRIVER, SEED = "heart", "bank://natural/driver-1", 7
