#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| call_tests::hostile::stun(bytes));
