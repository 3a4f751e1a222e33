//! The long run of `stun`: `cargo xtask fuzz stun`.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer's entry point is a C function")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::stun::run(input));
