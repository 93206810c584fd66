-- Operators look for users. Numbers, wallets and sponsors have their indexes; refunded users are few among all.
CREATE INDEX users_refunded ON users (id) WHERE status = 'refunded';
