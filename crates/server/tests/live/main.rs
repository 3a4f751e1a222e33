//! The conference's task through its public face: pages come in, say things and read their outboxes. The journal is the
//! real one on a file, behind a switch for faults; the relay is a double that keeps its orders.

// A test that cannot go on should say where.
#![allow(clippy::unwrap_used)]

mod calls;
mod commands;
mod doors;
mod health;
mod joining;
mod journal_faults;
mod lease;
mod pages;
mod plan;
mod readiness;
mod reserve;
mod restarts;
mod samples;
mod spans;
mod speaker;
mod takes;
mod world;
