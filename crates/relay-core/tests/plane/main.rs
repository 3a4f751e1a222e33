//! The forwarding plane as its callers see it, on virtual time.

// The model around the tests unwraps as the tests do: a broken model must fail loudly.
#![allow(clippy::unwrap_used)]

mod bounds;
mod layers;
mod lips;
mod publisher;
mod readiness;
mod repairs;
mod requests;
mod sound;
mod takes;
mod thin;
mod world;
