//! Generation income: who up the sponsor line gets which share of a purchase, and why others do not.
