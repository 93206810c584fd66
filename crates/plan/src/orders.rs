//! Orders: volumes by period, unilevel commissions with dynamic compression, commission periods.
