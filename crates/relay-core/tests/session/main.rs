//! Offers, connections and media of whole sessions through `Relay`, with str0m as the independent other side.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod connections;
mod malformed;
mod media;
mod offers;
mod ways;
mod world;
