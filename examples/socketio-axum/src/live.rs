//! What Socket.IO adds: whoever has a board open sees at once what others put on it.

use bytes::Bytes;
use fanfare_socketio::{Ack, Args, Auth, Handlers, Refused, Socket, State};
use serde::Deserialize;
use serde_json::json;

use crate::boards::{Boards, Note};

/// What the page passes as `auth`.
#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

pub fn handlers() -> Handlers {
    Handlers::new()
        .guard(only_members)
        .on("open", open)
        .on("write", write)
        .on("upload", upload)
}

/// Nobody else gets in. The page has the data of the refusal in `error.data`.
async fn only_members(Auth(credentials): Auth<Credentials>) -> Result<(), Refused> {
    // An application would look into its users here.
    if credentials.password == "sesame" && !credentials.name.is_empty() {
        return Ok(());
    }
    let data = json!({"code": 401, "hint": "the password is sesame"});
    Err(Refused::new("wrong password").with_data(&data)?)
}

/// A board is a room; a socket has one open.
async fn open(socket: Socket, Args(board): Args<String>, State(boards): State<Boards>, ack: Ack) {
    socket.leave(socket.rooms());
    // In first, then the list: what is put there meanwhile is in one or the other.
    let is_in = socket.join(room(&board)).is_ok();
    // Whoever has gone meanwhile needs no answer, here and below.
    let _ = ack.send(&is_in.then(|| boards.notes(&board)));
}

async fn write(
    socket: Socket,
    Args((board, text)): Args<(String, String)>,
    State(boards): State<Boards>,
    ack: Ack,
) {
    let note = Note::text(name(&socket), text);
    put(&socket, &board, note, &boards, ack);
}

/// Bytes come as bytes, wherever in the arguments the client puts them.
async fn upload(
    socket: Socket,
    Args((board, file, bytes)): Args<(String, String, Bytes)>,
    State(boards): State<Boards>,
    ack: Ack,
) {
    let note = Note::picture(name(&socket), file, bytes);
    put(&socket, &board, note, &boards, ack);
}

/// Tells the author by the acknowledgement (`null`: there is no place), and everybody else who has
/// the board open.
fn put(socket: &Socket, board: &str, note: Note, boards: &Boards, ack: Ack) {
    let note = boards.add(board, note);
    if let Some(note) = &note {
        let _ = socket.to(room(board)).emit("note", note);
    }
    let _ = ack.send(&note);
}

/// The room of a board. Not its bare name: the ids of sockets are rooms too, and whoever could
/// enter one of those would hear what is meant for another.
pub fn room(board: &str) -> String {
    format!("board {board}")
}

fn name(socket: &Socket) -> String {
    let credentials = socket.handshake().auth_as::<Credentials>();
    credentials.map(|it| it.name).unwrap_or_default()
}
