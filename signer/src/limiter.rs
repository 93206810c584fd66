//! The limiter of the callers' requests: the one of all services.

pub(crate) use service::limiter::Bucket as Limiter;
