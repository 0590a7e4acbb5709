//! Answers of clients, and what has left.

use std::time::Duration;

use fanfare_socketio::{AckError, EmitError, Handlers, Socket, limits};

use crate::app_site::{App, LONG, until};
use crate::client::soon;
use crate::websocket::WebSocket;

const SHORT: Duration = Duration::from_millis(20);

/// An application with one client, from both sides.
async fn one() -> (App, WebSocket, Socket) {
    let app = App::serve(Handlers::new()).await;
    let (socket, welcome) = app.enter().await;
    until(|| app.main.count() == 1).await;
    let server = app.main.socket(&welcome.id).unwrap();
    (app, socket, server)
}

/// The number of a question that was heard.
async fn asked(socket: &mut WebSocket) -> String {
    let text = socket.text().await;
    let (number, _) = text[2..].split_once('[').unwrap();
    number.to_owned()
}

#[tokio::test]
async fn an_answer_comes_with_its_arguments_once() {
    let (_app, mut client, server) = one().await;
    let asking = tokio::spawn(async move { server.emit_with_ack("q", &("x", 1), LONG).await });
    assert_eq!(client.text().await, r#"420["q","x",1]"#);
    for answer in ["1[0]", "0[\"first\",2]", "0[\"second\"]"] {
        client.send(&format!("43{answer}")).await;
    }
    let answer = soon(asking).await.unwrap().unwrap();
    assert_eq!(
        answer.read::<(String, u8)>().unwrap(),
        ("first".to_owned(), 2)
    );
}

#[tokio::test]
async fn who_does_not_answer_in_time_is_not_waited_for() {
    let (_app, mut client, server) = one().await;
    let outcome = server.emit_with_ack("q", &(), SHORT).await;
    assert_eq!(outcome, Err(AckError::Timeout(vec![])));
    let number = asked(&mut client).await;
    client.send(&format!("43{number}[\"too late\"]")).await;
    let asking = tokio::spawn(async move { server.emit_with_ack("q", &(), LONG).await });
    let number = asked(&mut client).await;
    client.send(&format!("43{number}[\"in time\"]")).await;
    let answer = soon(asking).await.unwrap().unwrap();
    assert_eq!(answer.read::<String>().unwrap(), "in time");
}

#[tokio::test]
async fn who_goes_does_not_answer() {
    let (app, mut client, server) = one().await;
    let asking = server.clone();
    let asking = tokio::spawn(async move { asking.emit_with_ack("q", &(), LONG).await });
    asked(&mut client).await;
    drop(client);
    assert_eq!(soon(asking).await.unwrap(), Err(AckError::Disconnected));
    until(|| app.main.count() == 0).await;
    let outcome = server.emit_with_ack("q", &(), LONG).await;
    assert!(matches!(
        outcome,
        Err(AckError::Disconnected | AckError::Emit(EmitError::Disconnected))
    ));
}

#[tokio::test]
async fn of_many_those_count_who_answered() {
    let app = App::serve(Handlers::new()).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(app.enter().await.0);
    }
    until(|| app.main.count() == 3).await;
    for answering in [3, 2, 0] {
        let main = app.main.clone();
        // Time for those who answer to do so.
        let time = if answering == 3 { LONG } else { SHORT * 100 };
        let asking = tokio::spawn(async move { main.emit_with_ack("q", &(), time).await });
        for (index, client) in clients.iter_mut().enumerate() {
            let number = asked(client).await;
            if index < answering {
                client.send(&format!("43{number}[{index}]")).await;
            }
        }
        let answers = match soon(asking).await.unwrap() {
            Ok(answers) if answering == 3 => answers,
            Err(AckError::Timeout(answers)) if answering < 3 => answers,
            other => panic!("{answering} answers: {other:?}"),
        };
        let mut answers: Vec<usize> = answers.iter().map(|it| it.read().unwrap()).collect();
        answers.sort_unstable();
        assert_eq!(answers, (0..answering).collect::<Vec<_>>());
    }
    let nobody = app.main.to("nowhere").emit_with_ack("q", &(), LONG).await;
    assert_eq!(nobody, Ok(vec![]));
}

#[tokio::test]
async fn questions_to_one_client_are_bounded() {
    let (_app, mut client, server) = one().await;
    let mut asking = Vec::new();
    for _ in 0..limits::ACKS_MAX {
        let server = server.clone();
        asking.push(tokio::spawn(async move {
            server.emit_with_ack("q", &(), LONG * 100).await
        }));
        asked(&mut client).await;
    }
    let refused = Err(AckError::Emit(EmitError::TooManyAcks));
    assert_eq!(server.emit_with_ack("q", &(), LONG).await, refused);
    for task in asking {
        task.abort();
        assert!(soon(task).await.is_err());
    }
    // Nobody waits any more: there is room again.
    let again = server.emit_with_ack("q", &(), SHORT).await;
    assert_eq!(again, Err(AckError::Timeout(vec![])));
}

/// Who never answers is passed over when it owes too much, and everybody else is asked.
#[tokio::test]
async fn who_owes_too_many_answers_does_not_keep_others_from_being_asked() {
    let (app, mut silent, server) = one().await;
    let mut asking = Vec::new();
    for _ in 0..limits::ACKS_MAX {
        let server = server.clone();
        asking.push(tokio::spawn(async move {
            server.emit_with_ack("q", &(), LONG * 100).await
        }));
        asked(&mut silent).await;
    }
    let (mut other, _) = app.enter().await;
    until(|| app.main.count() == 2).await;
    let main = app.main.clone();
    let everybody = tokio::spawn(async move { main.emit_with_ack("all", &(), SHORT * 100).await });
    let number = asked(&mut other).await;
    other.send(&format!("43{number}[\"here\"]")).await;
    match soon(everybody).await.unwrap() {
        Err(AckError::Timeout(answers)) => {
            let answers: Vec<String> = answers.iter().map(|it| it.read().unwrap()).collect();
            assert_eq!(answers, ["here"]);
        }
        outcome => panic!("one of two has answered: {outcome:?}"),
    }
    // It was not asked.
    server.emit("next", &()).unwrap();
    assert_eq!(silent.text().await, r#"42["next"]"#);
    for task in asking {
        task.abort();
    }
}

#[tokio::test]
async fn flushed_tells_when_all_has_left() {
    let (app, mut client, server) = one().await;
    server.emit("m", &()).unwrap();
    assert_eq!(soon(server.flushed()).await, Ok(()));
    assert_eq!(client.text().await, r#"42["m"]"#);
    drop(client);
    until(|| app.main.count() == 0).await;
    assert_eq!(server.flushed().await, Err(EmitError::Disconnected));
}

#[tokio::test]
async fn flushed_waits_for_a_poll() {
    let app = App::serve(Handlers::new()).await;
    let mut connection = crate::client::Connection::open(app.address).await;
    let target = "/socket.io/?EIO=4&transport=polling";
    let open = connection.get(target).await.text();
    let (_, rest) = open.split_once("\"sid\":\"").unwrap();
    let target = format!("{target}&sid={}", &rest[..20]);
    assert_eq!(connection.post(&target, "40").await.status, 200);
    until(|| app.main.count() == 1).await;
    let server = app.main.sockets().remove(0);
    server.emit("m", &()).unwrap();
    let mut flushed = tokio::spawn(server.flushed());
    let early = tokio::time::timeout(SHORT, &mut flushed).await;
    assert!(early.is_err(), "nobody has fetched it");
    let body = connection.get(&target).await.text();
    assert!(body.ends_with(r#"42["m"]"#), "{body}");
    assert_eq!(soon(flushed).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn reserved_names_are_not_sent() {
    let (_app, mut client, server) = one().await;
    for name in [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
    ] {
        let refused = EmitError::Reserved(name.to_owned());
        assert_eq!(server.emit(name, &()), Err(refused.clone()));
        assert_eq!(server.namespace().emit(name, &()), Err(refused.clone()));
        let outcome = server.emit_with_ack(name, &(), SHORT).await;
        assert_eq!(outcome, Err(AckError::Emit(refused)));
    }
    server.emit("fine", &()).unwrap();
    assert_eq!(client.text().await, r#"42["fine"]"#);
}
