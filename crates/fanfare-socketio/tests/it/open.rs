//! The open packet.

use std::time::Duration;

use fanfare_socketio::engine::{Open, Transport};

use crate::text;

#[test]
fn keys_are_in_the_order_of_the_reference() {
    let open = Open {
        sid: "iIuIaFZgJQWzhIGJAAAA",
        upgrades: &[Transport::WebSocket],
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        payload_bytes_max: 1_000_000,
    };
    let expected = r#"0{"sid":"iIuIaFZgJQWzhIGJAAAA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
    assert_eq!(open.encode(), text(expected));
    assert_eq!(open.encode().len(), 118);
    let expected =
        r#"0{"sid":"x","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#;
    let open = Open {
        sid: "x",
        upgrades: &[],
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        payload_bytes_max: 1_000_000,
    };
    assert_eq!(open.encode(), text(expected));
}
