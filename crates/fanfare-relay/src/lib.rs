//! The Basic HTTP Push Relay Protocol: cursors in headers, channel information, status rules.
