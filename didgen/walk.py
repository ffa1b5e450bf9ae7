"""The steps of a build, in order; owns nothing."""
