#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| seedgrade_fuzz::handout(bytes));
