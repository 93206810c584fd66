//! Holds the layout: sizes, layering, banned names, leftovers.
