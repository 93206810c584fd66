//! Contract bindings generated from the exported JSON: [`ICustody`] for everything that calls, reads or decodes.
//!
//! Not responsible for typed data ([`crate::typed_data`]) or for deployment ([`crate::deploy`]).
#![allow(missing_docs, clippy::all, clippy::pedantic)]

use alloy::sol;

sol!(
    #[sol(rpc, all_derives)]
    ICustody,
    "json/ICustody.json"
);
