//! The long run of `rtcp`: `cargo xtask fuzz rtcp`.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer's entry point is a C function")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::rtcp::run(input));
