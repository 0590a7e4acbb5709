//! Rooms, broadcasts, acknowledgements, guards, recovery: all that a client can ask for.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::Mutex;
use std::time::Duration;

use fanfare_socketio::{
    Ack, AckError, Args, Auth, Data, Event, Handlers, Json, Namespace, Reason, Refused, Socket,
    SocketError, State, Value as Argument,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Why sockets have ended, by namespace and id.
#[derive(Default)]
pub struct Reasons(Mutex<HashMap<(String, String), Reason>>);

pub fn handlers() -> Handlers {
    let handlers = crate::core::handlers()
        .guard_event(async |event: Event| match &*event.name {
            "forbidden" => Err(Refused::new("forbidden event")),
            _ => Ok(()),
        })
        .on_error(async |socket: Socket, error: SocketError| {
            let _ = socket.emit("mw-error", &(error.to_string(),));
        });
    let handlers = telling_reasons(handlers);
    asking(telling_others(rooms(about_oneself(handlers))))
}

/// Why sockets have ended, for others who ask.
pub fn telling_reasons(handlers: Handlers) -> Handlers {
    handlers
        .on_disconnect(
            async |socket: Socket, reason: Reason, reasons: State<Reasons>| {
                let key = (
                    socket.namespace().name().to_string(),
                    socket.id().to_owned(),
                );
                reasons.0.0.lock().unwrap().insert(key, reason);
            },
        )
        .on(
            "last-reason",
            async |namespace: Namespace,
                   reasons: State<Reasons>,
                   Args((id,)): Args<(String,)>,
                   ack: Ack| {
                let key = (namespace.name().to_string(), id);
                let reason = reasons
                    .0
                    .0
                    .lock()
                    .unwrap()
                    .get(&key)
                    .map(|reason| reason.as_str());
                let _ = ack.send(&(reason,));
            },
        )
}

/// Accepts those who know the token.
pub async fn only_with_token(Auth(auth): Auth<Value>) -> Result<(), Refused> {
    if auth["token"] == "secret" {
        return Ok(());
    }
    let data = json!({"code": 4001, "hint": "bad token"});
    Err(Refused::new("not authorized").with_data(&data)?)
}

pub async fn after_a_while() -> Result<(), Refused> {
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(())
}

/// `/dyn-` and digits.
pub fn is_dynamic(name: &str) -> bool {
    let digits = name.strip_prefix("/dyn-").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn rooms(handlers: Handlers) -> Handlers {
    handlers
        .on(
            "join",
            async |socket: Socket, Args((room,)): Args<(String,)>, ack: Ack| {
                let _ = ack.send(&(outcome(socket.join(&room)),));
            },
        )
        .on(
            "leave",
            async |socket: Socket, Args((room,)): Args<(String,)>, ack: Ack| {
                socket.leave(&room);
                let _ = ack.send(&("ok",));
            },
        )
        .on("rooms", async |socket: Socket, ack: Ack| {
            let _ = ack.send(&(sorted_rooms(&socket),));
        })
        .on(
            "sockets-in",
            async |namespace: Namespace, Args((room,)): Args<(Option<String>,)>, ack: Ack| {
                let rooms: Vec<_> = room.into_iter().collect();
                let mut ids: Vec<_> = namespace
                    .to(&rooms)
                    .sockets()
                    .iter()
                    .map(|it| it.id().to_owned())
                    .collect();
                ids.sort();
                let _ = ack.send(&(ids,));
            },
        )
        .on(
            "make-join",
            async |namespace: Namespace, Args((rooms, new)): Args<(Rooms, Rooms)>, ack: Ack| {
                let joined = namespace.to(rooms.list()).join(new.list());
                let _ = ack.send(&(outcome(joined),));
            },
        )
        .on(
            "make-leave",
            async |namespace: Namespace, Args((rooms, old)): Args<(Rooms, Rooms)>, ack: Ack| {
                namespace.to(rooms.list()).leave(old.list());
                let _ = ack.send(&("ok",));
            },
        )
        .on(
            "kick",
            async |namespace: Namespace,
                   Args((rooms, close)): Args<(Rooms, Option<bool>)>,
                   ack: Ack| {
                // The answer first: the one who asks may be among them.
                let kicked = namespace.to(rooms.list()).sockets();
                let _ = ack.send(&("ok",));
                for socket in kicked {
                    socket.disconnect(close.unwrap_or_default());
                }
            },
        )
}

fn telling_others(handlers: Handlers) -> Handlers {
    handlers
        .on("to", async |socket: Socket, event: Event| {
            let (rooms, rest) = first::<Rooms>(event.arguments);
            let (name, rest) = first::<String>(rest);
            let _ = socket.to(rooms.list()).emit(&name, rest);
        })
        .on("in", async |namespace: Namespace, event: Event| {
            let (rooms, rest) = first::<Rooms>(event.arguments);
            let (name, rest) = first::<String>(rest);
            let _ = namespace.to(rooms.list()).emit(&name, rest);
        })
        .on("except", async |namespace: Namespace, event: Event| {
            let (rooms, rest) = first::<Rooms>(event.arguments);
            let (name, rest) = first::<String>(rest);
            let _ = namespace.except(rooms.list()).emit(&name, rest);
        })
        .on("to-except", async |namespace: Namespace, event: Event| {
            let (rooms, rest) = first::<Rooms>(event.arguments);
            let (except, rest) = first::<Rooms>(rest);
            let (name, rest) = first::<String>(rest);
            let _ = namespace
                .to(rooms.list())
                .except(except.list())
                .emit(&name, rest);
        })
        .on("broadcast", async |socket: Socket, event: Event| {
            let (name, rest) = first::<String>(event.arguments);
            let _ = socket.broadcast().emit(&name, rest);
        })
        .on("all", async |namespace: Namespace, event: Event| {
            let (name, rest) = first::<String>(event.arguments);
            let _ = namespace.emit(&name, rest);
        })
        .on("local", async |namespace: Namespace, event: Event| {
            let (name, rest) = first::<String>(event.arguments);
            let _ = namespace.everybody().local().emit(&name, rest);
        })
        .on("in-later", async |namespace: Namespace, event: Event| {
            let (delay, rest) = first::<u64>(event.arguments);
            let (rooms, rest) = first::<Option<Rooms>>(rest);
            let (name, rest) = first::<String>(rest);
            later(delay, move || {
                let rooms = rooms.map(|rooms| rooms.list()).unwrap_or_default();
                let _ = namespace.to(&rooms).emit(&name, rest);
            });
        })
}

fn asking(handlers: Handlers) -> Handlers {
    handlers
        .on("ask", async |socket: Socket, arguments: Data, ack: Ack| {
            let (timeout, rest) = first::<u64>(arguments);
            // Waiting here would hold up the other events of this socket.
            tokio::spawn(async move {
                let timeout = Duration::from_millis(timeout);
                let question = vec![first_value(&rest)];
                let _ = match socket.emit_with_ack("question", question, timeout).await {
                    Ok(answer) => ack.send(vec![plain("ok"), first_value(&answer)]),
                    Err(_) => ack.send(&("timeout", ())),
                };
            });
        })
        .on(
            "ask-all",
            async |namespace: Namespace, arguments: Data, ack: Ack| {
                let (room, rest) = first::<Option<String>>(arguments);
                let (timeout, rest) = first::<u64>(rest);
                tokio::spawn(async move {
                    let rooms: Vec<_> = room.into_iter().collect();
                    let timeout = Duration::from_millis(timeout);
                    let asked = namespace
                        .to(&rooms)
                        .emit_with_ack("question", vec![first_value(&rest)], timeout)
                        .await;
                    let (outcome, answers) = match asked {
                        Ok(answers) => ("ok", answers),
                        Err(AckError::Timeout(answers)) => ("timeout", answers),
                        Err(_) => ("timeout", Vec::new()),
                    };
                    let answers = answers.iter().map(first_value).collect();
                    let _ = ack.send(vec![plain(outcome), Argument::Array(answers)]);
                });
            },
        )
        .on("sse", async |ack: Ack| {
            let _ = ack.send(&("unsupported", [(); 0]));
        })
}

fn about_oneself(handlers: Handlers) -> Handlers {
    handlers
        .on(
            "burst",
            async |socket: Socket, Args((count, size)): Args<(u32, usize)>| {
                let filler = "x".repeat(size);
                for number in 0..count {
                    let _ = socket.emit("n", &(number, &filler));
                }
            },
        )
        .on(
            "volatile-burst",
            async |socket: Socket, Args((count,)): Args<(u32,)>, ack: Ack| {
                for number in 0..count {
                    let _ = socket.emit_volatile("v", &(number,));
                }
                let _ = ack.send(&("ok",));
            },
        )
        .on(
            "volatile-with-ack",
            async |socket: Socket, event: Event, ack: Ack| {
                let (name, rest) = first::<String>(event.arguments);
                let _ = match first_value(&rest) {
                    Argument::Array(values) => socket.emit_volatile(&name, values),
                    Argument::Json(values) => {
                        let values = values.elements().unwrap_or_default();
                        let values: Vec<_> = values.into_iter().map(Argument::Json).collect();
                        socket.emit_volatile(&name, values)
                    }
                    _ => Ok(()),
                };
                let _ = ack.send(&("ok",));
            },
        )
        .on(
            "disconnect-me",
            async |socket: Socket, Args((close,)): Args<(Option<bool>,)>| {
                socket.disconnect(close.unwrap_or_default());
            },
        )
        .on("handshake", async |socket: Socket, ack: Ack| {
            let handshake = socket.handshake();
            let Some(request) = handshake.request() else {
                return;
            };
            let query: BTreeMap<_, _> = request.query().into_iter().collect();
            let header = request.field("x-test");
            let _ = ack.send(&(json!({
                "auth": handshake.auth_as::<Value>().unwrap_or_default(),
                "query": query,
                "xTest": header,
                "address": request.address().map(|address| address.ip().to_string()),
            }),));
        })
        .on("whoami", async |socket: Socket, ack: Ack| {
            let _ = ack.send(&(json!({
                "id": socket.id(),
                "recovered": socket.is_recovered(),
                "rooms": sorted_rooms(&socket),
            }),));
        })
        .on(
            "data-set",
            async |socket: Socket, Args((value,)): Args<(Value,)>, ack: Ack| {
                let _ = socket.set_data(&value);
                let _ = ack.send(&("ok",));
            },
        )
        .on("data-get", async |socket: Socket, ack: Ack| {
            let _ = ack.send(&(socket.data::<Value>(),));
        })
        .on("emit-later", async |socket: Socket, event: Event| {
            let (delay, rest) = first::<u64>(event.arguments);
            let (name, rest) = first::<String>(rest);
            later(delay, move || {
                let _ = socket.emit(&name, rest);
            });
        })
}

fn later(delay: u64, what: impl FnOnce() + Send + 'static) {
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(delay)).await;
        what();
    });
}

fn sorted_rooms(socket: &Socket) -> Vec<String> {
    let mut rooms = socket.rooms();
    rooms.sort();
    rooms
}

/// One room or several.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Rooms {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Rooms {
    fn list(self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(room) => vec![room],
            Self::Several(rooms) => rooms,
        }
    }
}

/// The first argument, and those after it.
fn first<T: DeserializeOwned + Default>(arguments: Data) -> (T, Data) {
    let first = arguments.read().unwrap_or_default();
    (first, arguments.without_first())
}

/// The first argument, with bytes wherever it has them; `null` without one.
fn first_value(arguments: &Data) -> Argument<'_> {
    let values = arguments.values().unwrap_or_default();
    values.into_iter().next().unwrap_or_else(|| plain(()))
}

/// A value without bytes.
fn plain(value: impl Serialize) -> Argument<'static> {
    Argument::Json(Json::write(&value).expect("it has a form in JSON"))
}

/// What to tell somebody who joined, or tried to.
fn outcome(joined: Result<(), impl Display>) -> String {
    joined.map_or_else(|error| error.to_string(), |()| "ok".to_owned())
}
