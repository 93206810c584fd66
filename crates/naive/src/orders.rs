//! Orders, volumes and commission periods.
