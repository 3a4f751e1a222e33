//! The long run of `sdp`: `cargo xtask fuzz sdp`.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer's entry point is a C function")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::sdp::run(input));
