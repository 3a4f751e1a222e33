//! How sites ask for the floor.

use conference as core;

/// How sites may ask for the floor.
pub fn floor_mode_in(mode: wire::FloorMode) -> core::FloorMode {
    match mode {
        wire::FloorMode::Closed => core::FloorMode::Closed,
        wire::FloorMode::Operator => core::FloorMode::Operator,
        wire::FloorMode::Queue => core::FloorMode::Queue,
        wire::FloorMode::Open => core::FloorMode::Open,
    }
}

/// How sites may ask for the floor.
pub fn floor_mode_out(mode: core::FloorMode) -> wire::FloorMode {
    match mode {
        core::FloorMode::Closed => wire::FloorMode::Closed,
        core::FloorMode::Operator => wire::FloorMode::Operator,
        core::FloorMode::Queue => wire::FloorMode::Queue,
        core::FloorMode::Open => wire::FloorMode::Open,
    }
}

/// Request or response.
pub fn request_kind_in(kind: wire::RequestKind) -> core::RequestKind {
    match kind {
        wire::RequestKind::Request => core::RequestKind::Request,
        wire::RequestKind::Response => core::RequestKind::Response,
    }
}

/// Request or response.
pub fn request_kind_out(kind: core::RequestKind) -> wire::RequestKind {
    match kind {
        core::RequestKind::Request => wire::RequestKind::Request,
        core::RequestKind::Response => wire::RequestKind::Response,
    }
}
