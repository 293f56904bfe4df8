"""One pass over what the items share: pictures, sequences, the forest they form, the forward over it."""
