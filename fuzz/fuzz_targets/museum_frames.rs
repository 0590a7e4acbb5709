//! Any text as frames of Socket.IO 0.6: one malformed frame is the last, and what was read comes
//! back from what is written.

#![no_main]

use fanfare_socketio::museum::frame::{Frame, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let frames: Vec<Frame<'_>> = decode(text).map_while(Result::ok).collect();
    let malformed = decode(text).count() - frames.len();
    assert!(malformed <= 1, "after what is malformed nothing makes sense");
    let mut written = String::new();
    for frame in &frames {
        frame.encode(&mut written);
    }
    let again: Result<Vec<_>, _> = decode(&written).collect();
    assert_eq!(again.as_deref(), Ok(&frames[..]));
});
