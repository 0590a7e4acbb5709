//! Whatever request the narrow front takes, hyper reads in the same way.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/fanfare-link/tests/it/agreement.rs"]
#[allow(dead_code, unused_imports, reason = "the property stands there with its property test")]
mod agreement;

fuzz_target!(|data: &[u8]| agreement::front_and_hyper_agree(data));
