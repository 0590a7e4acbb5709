//! A TCP proxy that cuts connections.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;

use crate::dice::Dice;

/// Bytes carried at once.
const BUFFER_BYTES: usize = 16 << 10;

/// Time for a reader to take what the proxy has for it; one that takes nothing is cut.
const WRITE_TIME_MAX: Duration = Duration::from_secs(10);

/// Carries bytes to a server and back, and cuts connections when told to, in the middle of
/// whatever is being said.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    state: Mutex<State>,
    cuts: AtomicU64,
}

#[derive(Debug)]
struct State {
    plan: Option<Plan>,
    open: HashMap<u64, Arc<Pair>>,
    next: u64,
    is_over: bool,
}

/// After how many bytes of the server's each new connection is cut.
#[derive(Debug)]
struct Plan {
    bytes: Range<u64>,
    dice: Dice,
}

#[derive(Debug)]
struct Pair {
    client: TcpStream,
    server: TcpStream,
}

impl Proxy {
    /// Listens on a free port of this machine and carries everything to `upstream`.
    ///
    /// # Panics
    /// If the machine gives no port.
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = State {
            plan: None,
            open: HashMap::new(),
            next: 0,
            is_over: false,
        };
        let cuts = AtomicU64::new(0);
        let shared = Arc::new(Shared {
            upstream,
            state: Mutex::new(state),
            cuts,
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if accepting.lock().is_over {
                    return;
                }
                // A server that cannot be reached is a connection that ends at once.
                let _ = accepting.carry(client);
            }
        });
        Self { address, shared }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path, through the proxy.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// From now on cuts every new connection after so many bytes of the server's; the number is
    /// drawn anew for each. Connections that are open are cut at once.
    pub fn cut_each_after(&self, bytes: Range<u64>, seed: u64) {
        self.shared.lock().plan = Some(Plan {
            bytes,
            dice: Dice::new(seed),
        });
        self.cut_now();
    }

    /// Lets connections live from now on.
    pub fn stop_cutting(&self) {
        self.shared.lock().plan = None;
        self.cut_now();
    }

    /// Cuts what is open; returns how many connections that were.
    pub fn cut_now(&self) -> usize {
        let open: Vec<Arc<Pair>> = self
            .shared
            .lock()
            .open
            .drain()
            .map(|(_, pair)| pair)
            .collect();
        open.iter().for_each(|pair| self.shared.cut(pair));
        open.len()
    }

    /// How many connections have been cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.cut_now();
        // Wakes the thread that accepts; if that fails, the thread has ended.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry(self: &Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(self.upstream)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(WRITE_TIME_MAX))?;
        }
        let pair = Arc::new(Pair { client, server });
        let (number, allowance) = self.register(&pair);
        let (up, down) = (Arc::clone(&pair), pair);
        let (this, that) = (Arc::clone(self), Arc::clone(self));
        std::thread::spawn(move || {
            this.pump(number, (&up.client, &up.server), &up, u64::MAX);
        });
        std::thread::spawn(move || {
            that.pump(number, (&down.server, &down.client), &down, allowance);
        });
        Ok(())
    }

    fn register(&self, pair: &Arc<Pair>) -> (u64, u64) {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.open.insert(number, Arc::clone(pair));
        let plan = state.plan.as_mut();
        (
            number,
            plan.map_or(u64::MAX, |plan| plan.dice.within(plan.bytes.clone())),
        )
    }

    /// Carries bytes one way, until the end or until `allowance` is used up.
    fn pump(
        &self,
        number: u64,
        (mut from, mut to): (&TcpStream, &TcpStream),
        pair: &Pair,
        mut allowance: u64,
    ) {
        let mut buffer = [0; BUFFER_BYTES];
        loop {
            let length = from.read(&mut buffer).unwrap_or(0);
            let carried = length.min(usize::try_from(allowance).unwrap_or(usize::MAX));
            if length == 0 || to.write_all(&buffer[..carried]).is_err() {
                break;
            }
            allowance -= carried as u64;
            if allowance == 0 {
                if self.lock().open.remove(&number).is_some() {
                    self.cut(pair);
                }
                return;
            }
        }
        if self.lock().open.remove(&number).is_some() {
            // One side has ended the connection by itself: the other hears of it. Errors mean that
            // it knows already.
            let _ = pair.client.shutdown(Shutdown::Both);
            let _ = pair.server.shutdown(Shutdown::Both);
        }
    }

    /// Ends a connection without a word: both sides see a reset.
    fn cut(&self, pair: &Pair) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
        for stream in [&pair.client, &pair.server] {
            // With no time to linger the last close sends RST instead of FIN. Errors mean that the
            // peer was faster.
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            // Wakes the threads that read, which then let go of the sockets.
            let _ = stream.shutdown(Shutdown::Read);
        }
    }
}
