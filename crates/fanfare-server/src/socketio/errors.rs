//! What a client is told that did not get what it wanted.

use fanfare_hub::ChannelName;
use fanfare_socketio::{Ack, Socket};
use serde::Serialize;

use crate::adapters::refusal::Refusal;
use crate::adapters::reply::Reply;

/// Says why not: to whoever waits for an answer, else as an event.
pub(super) fn refuse(ack: Ack, socket: &Socket, refusal: &Refusal) {
    if ack.is_wanted() {
        let _ = ack.send(&Reply::error(None, refusal));
    } else {
        say(socket, &Reply::error(None, refusal));
    }
}

/// Says which channel a client that comes back has no more, and why not: it has asked for nothing.
pub(super) fn lose(socket: &Socket, channel: &ChannelName, refusal: &Refusal) {
    #[derive(Serialize)]
    struct Loss<'a> {
        channel: &'a str,
        #[serde(flatten)]
        reply: Reply<'a>,
    }
    let channel = channel.as_str();
    let reply = Reply::error(None, refusal);
    say(socket, &Loss { channel, reply });
}

/// Sends `error`. No text comes last: that would be taken for an offset.
fn say(socket: &Socket, notice: &impl Serialize) {
    let event = socket.namespace().announcement("error", &(notice,));
    let _ = event.map(|it| socket.emit_shared([&it]));
}
