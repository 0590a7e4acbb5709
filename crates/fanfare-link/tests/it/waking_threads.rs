//! Wakes from other threads, over the kernel's sockets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use fanfare_link::Front;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};

use crate::letterbox::Letterbox;
use crate::node::{SOON, Served};
use crate::routes::Routes;

const CONNECTIONS: usize = 1000;

/// Both ends of each connection are descriptors of this process.
fn allow_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // A system that does not allow so many fails the test by itself.
    let _ = setrlimit(Resource::Nofile, limit);
}

struct Client(BufReader<TcpStream>);

impl Client {
    /// A client that is held: it has the head of its stream of letters.
    fn connect(address: SocketAddr, name: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(asking(name).as_bytes()).unwrap();
        let mut client = Self(BufReader::new(stream));
        while client.line() != "\r\n" {}
        client
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    /// Expects the numbers from 0 up to `end`, each with `padding` behind it.
    fn expect_numbers(&mut self, end: usize, padding: &str) {
        for number in 0..end {
            assert_eq!(self.line(), format!("{number}{padding}\n"));
        }
    }
}

/// A request whose answer comes without framing.
fn asking(name: &str) -> String {
    format!("GET /letters?{name} HTTP/1.0\r\n\r\n")
}

fn connect(served: &Served, routes: &Routes, count: usize) -> Vec<(Client, Arc<Letterbox>)> {
    (0..count)
        .map(|number| {
            let name = number.to_string();
            let client = Client::connect(served.node.address(), &name);
            (client, routes.letterbox(&name))
        })
        .collect()
}

fn serve(shards: usize) -> (Served, Arc<Routes>) {
    let routes = Arc::<Routes>::default();
    let front: Arc<dyn Front> = routes.clone();
    (Served::start(shards, &front), routes)
}

fn stop(served: &Served) {
    served.node.stop();
    served.node.join();
}

#[test]
fn a_crowd_that_another_thread_wakes_gets_everything_in_order() {
    const LETTERS: usize = 50;
    allow_descriptors();
    let (served, routes) = serve(2);
    let mut crowd = connect(&served, &routes, CONNECTIONS);
    let letterboxes: Vec<_> = crowd.iter().map(|(_, l)| Arc::clone(l)).collect();
    let sender = thread::spawn(move || {
        for number in 0..LETTERS {
            for letterbox in &letterboxes {
                letterbox.post(&number.to_string());
            }
        }
    });
    for (client, _) in &mut crowd {
        client.expect_numbers(LETTERS, "");
    }
    sender.join().unwrap();
    stop(&served);
}

/// The letters of each are many times what the kernel takes: it is woken while it is blocked.
#[test]
fn readers_that_are_blocked_again_and_again_get_everything_in_order() {
    const LETTERS: usize = 2000;
    let (served, routes) = serve(1);
    let mut crowd = connect(&served, &routes, 4);
    let padding = "x".repeat(4000);
    thread::scope(|scope| {
        for (_, letterbox) in &crowd {
            let (letterbox, padding) = (Arc::clone(letterbox), &padding);
            scope.spawn(move || {
                for number in 0..LETTERS {
                    letterbox.post(&format!("{number}{padding}"));
                }
            });
        }
    });
    for (client, _) in &mut crowd {
        client.expect_numbers(LETTERS, &padding);
    }
    stop(&served);
}

#[test]
fn wakes_race_with_clients_that_come_and_go() {
    const VISITORS: usize = 300;
    let (served, routes) = serve(2);
    let mut stays = Client::connect(served.node.address(), "stays");
    let stays_letterbox = routes.letterbox("stays");
    let (visit, visits) = mpsc::channel::<Arc<Letterbox>>();
    let is_over = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut known = Vec::new();
            for round in 0.. {
                known.extend(visits.try_iter());
                for letterbox in &known {
                    letterbox.post("hello");
                }
                stays_letterbox.post(&round.to_string());
                assert_eq!(stays.line(), format!("{round}\n"));
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        for number in 0..VISITORS {
            let name = number.to_string();
            let mut client = Client::connect(served.node.address(), &name);
            visit.send(routes.letterbox(&name)).unwrap();
            // Some hear something first, some are gone before.
            if number % 3 == 0 {
                assert_eq!(client.line(), "hello\n");
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    stop(&served);
    for number in 0..VISITORS {
        let letterbox = routes.letterbox(&number.to_string());
        assert!(letterbox.look().is_closed, "visitor {number}");
    }
}

#[tokio::test]
async fn a_stream_that_another_thread_wakes_gets_everything_in_order() {
    const LETTERS: usize = 5000;
    let (served, routes) = serve(1);
    let (mut client, server) = tokio::io::duplex(1024);
    assert!(served.node.serve_stream(server));
    client.write_all(asking("ann").as_bytes()).await.unwrap();
    let mut lines = tokio::io::BufReader::new(client).lines();
    while !lines.next_line().await.unwrap().unwrap().is_empty() {}
    let letterbox = routes.letterbox("ann");
    let sender = thread::spawn(move || {
        for number in 0..LETTERS {
            letterbox.post(&format!("{number} and some more than a pipe takes at once"));
        }
    });
    for number in 0..LETTERS {
        let line = tokio::time::timeout(SOON, lines.next_line()).await;
        let line = line.unwrap().unwrap().unwrap();
        assert!(line.starts_with(&format!("{number} ")), "{line}");
    }
    sender.join().unwrap();
    stop(&served);
}
