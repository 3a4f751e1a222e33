//! What is measured, one scenario a file. Each tells what it measured; `report` judges.

pub mod janus;
pub mod join;
pub mod limit;
pub mod mixed;
pub mod programme;
pub mod take;
pub mod thin;
pub mod wall;

use crate::{
    offer::site,
    orders::{Route, Routes},
};

/// The relay's top layer.
pub const HIGH: u8 = 2;
/// The relay's lowest layer.
pub const LOW: u8 = 0;

/// A slot of picture and the sound behind it, from a site's camera and microphone.
pub fn show(routes: &mut Routes, to: usize, slot: u16, from: usize) {
    let (to, from) = (to as u64, from as u64);
    routes.slots.push(Route { to, slot, from, track: site::CAMERA, layer: HIGH });
    routes.slots.push(Route { to, slot: slot + 1, from, track: site::MICROPHONE, layer: HIGH });
}
