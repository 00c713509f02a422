"""The four pages made by hand: what is more than a grid."""
