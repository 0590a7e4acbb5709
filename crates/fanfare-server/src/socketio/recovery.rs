//! Clients that come, perhaps back, and go.

use fanfare_hub::{ChannelName, Start};
use fanfare_socketio::{Socket, State};
use serde::Deserialize;

use super::cursor::Reached;
use super::errors::lose;
use super::requests::Galleries;
use super::saved::Saved;
use crate::adapters::refusal::Refusal;

/// The offset that a client brings back.
#[derive(Deserialize)]
struct Claim {
    offset: Option<String>,
}

/// A client is there: perhaps one that comes back.
pub(super) async fn resume(State(gallery): Galleries, socket: Socket) {
    let Some(saved) = socket.data::<Saved>().filter(|_| socket.is_recovered()) else {
        return;
    };
    gallery.recall(&socket, &saved);
    let mut channels = Vec::new();
    for (channel, start) in places(&socket, &saved) {
        match gallery.subscribe(&socket, &channel, start) {
            Ok(()) => channels.push(channel),
            Err(error) => lose(&socket, &channel, &Refusal::from(&error)),
        }
    }
    // Before anything moves its cursor, of which an end tells.
    gallery.repeat_ends(&socket);
    for channel in channels {
        gallery.read_on(&socket, &channel, None);
    }
    if !socket.is_connected() {
        gallery.leave(&socket);
    }
}

/// The channels of a client that comes back, and where it goes on.
fn places(socket: &Socket, saved: &Saved) -> impl Iterator<Item = (ChannelName, Start)> {
    let claim = socket.handshake().auth_as::<Claim>();
    let offset = claim.ok().and_then(|claim| claim.offset);
    let reached = offset.and_then(|offset| Reached::read(&offset));
    let first = saved.first();
    saved.channels().map(move |(channel, since)| {
        let reached = reached
            .as_ref()
            .and_then(|it| it.of(&channel, first.as_ref()));
        // What was reached in an earlier life is older than where this one began.
        let after = reached.map_or(since, |reached| reached.max(since));
        (channel, Start::After(after))
    })
}

/// A client has gone.
pub(super) async fn leave(State(gallery): Galleries, socket: Socket) {
    gallery.leave(&socket);
}
