//! The backend: API server and workers.
