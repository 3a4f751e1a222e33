//! The core through its public API: stories of the floor and the stage, the table of rights, the golden log, and random histories
//! in which every invariant is checked after every step.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod agenda;
mod conflicts;
mod dropouts;
mod floor;
mod golden;
mod histories;
mod holding;
mod invariants;
mod messages;
mod microphones;
mod plan;
mod recorded_setup;
mod rehearsal;
mod rights;
mod roll_call;
mod routes;
mod setup;
mod stage;
mod tour;
mod world;
