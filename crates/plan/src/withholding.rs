//! Withholding: dated policies that keep back tax from rewards or withdrawals.
