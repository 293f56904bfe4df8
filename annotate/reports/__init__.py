"""Reads shaped like pages: several tables, a constant number of statements, plain values out."""
