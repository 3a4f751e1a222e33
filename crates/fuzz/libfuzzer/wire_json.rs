//! The long run of `wire_json`: `cargo xtask fuzz wire_json`.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer's entry point is a C function")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::wire_json::run(input));
