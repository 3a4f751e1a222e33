//! The long run of `demux`: `cargo xtask fuzz demux`.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer's entry point is a C function")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::demux::run(input));
