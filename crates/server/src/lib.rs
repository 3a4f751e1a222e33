//! The signalling server, a shell around the conference core: it accepts pages and endpoints, knows who they are, hands
//! their commands to the task that owns the conference, and tells everybody what changed.
//!
//! It deliberately decides nothing about the floor or the stage (`conference`), forwards no media (`relay`, `relay-core`)
//! and words no refusal (the pages do).
//!
//! ```text
//!  HTTP request ─▶ http ─┐             ┌─▶ conference_task ─▶ journal, then relay
//!  WebSocket ─▶ socket ──┴─▶ access ───┘            │
//!                            who may do what        └─▶ events, live facts ─▶ every socket
//! ```

pub mod access;
pub mod announce;
pub mod app;
pub mod assets;
pub mod conference_task;
pub mod config;
pub mod convert;
pub mod documents;
pub mod door_plan;
pub mod files;
pub mod health_store;
pub mod health_watch;
pub mod http;
mod listener;
pub mod live;
pub mod media_plan;
pub mod metrics;
mod reach;
pub mod routing;
pub mod socket;
pub mod start;
pub mod tls;
pub mod view;
pub mod webhooks;
