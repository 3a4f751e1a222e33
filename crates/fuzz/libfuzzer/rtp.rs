//! The long run of `rtp`: `cargo xtask fuzz rtp`.
#![no_main]
#![allow(unsafe_code, reason = "libFuzzer's entry point is a C function")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::rtp::run(input));
