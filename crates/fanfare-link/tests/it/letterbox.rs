//! A session that anybody may send to, and the protocol of the connection that it is on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use bytes::Bytes;
use fanfare_hub::{EndReason, Gap, Message};
use fanfare_link::{
    At, Close, Farewell, Framing, Kind, Loss, Outbox, Protocol, Reads, Tick, chunk,
};
use http::Response;

const LETTERS: Kind = Kind(4);

/// What the process knows of a connection: the part that is shared between threads.
#[derive(Debug, Default)]
pub(crate) struct Letterbox(Mutex<Contents>);

#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Letters that wait for the postman.
    letters: Vec<String>,
    waker: Option<Waker>,
    /// Another waker of the same connection.
    pub(crate) spare: Option<Waker>,
    /// The next letters shall be confirmed when they are out.
    pub(crate) is_registered: bool,
    /// Calls of [`Protocol::woken`].
    pub(crate) rounds: usize,
    /// Calls of [`Protocol::drained`].
    pub(crate) confirmed: usize,
    pub(crate) loss: Option<Loss>,
    pub(crate) is_closed: bool,
    /// The postman panics when told of the loss, and when dropped.
    pub(crate) is_cursed: bool,
}

impl Letterbox {
    /// Puts a letter in, and wakes the postman.
    pub(crate) fn post(&self, letter: &str) {
        let mut contents = self.look();
        contents.letters.push(letter.to_owned());
        let waker = contents.waker.clone();
        drop(contents);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn waker(&self) -> Waker {
        self.look().waker.clone().unwrap()
    }

    pub(crate) fn look(&self) -> MutexGuard<'_, Contents> {
        // Poisoned by an assertion that has failed already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings every letter as a line. The letters `finish`, `hang` and `abort` end the connection,
/// `explode` panics, `again` wakes it anew.
pub(crate) struct Postman {
    letterbox: Arc<Letterbox>,
    way: Way,
}

enum Way {
    /// Each in a piece of the body of one response.
    Many(Framing),
    /// All that there are, in a whole response.
    One,
}

impl Postman {
    pub(crate) fn of_many(letterbox: Arc<Letterbox>, framing: Framing) -> Self {
        let way = Way::Many(framing);
        Self { letterbox, way }
    }

    pub(crate) fn of_one(letterbox: Arc<Letterbox>) -> Self {
        let way = Way::One;
        Self { letterbox, way }
    }

    fn obey(letter: &str, out: &Outbox<'_>) -> Result<(), Close> {
        match letter {
            "finish" => Err(Close::Finished),
            "hang" => Err(Close::HangUp),
            "abort" => Err(Close::Abort),
            "explode" => panic!("as the letter demands"),
            "again" => {
                out.waker().wake();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn bring(&self, letters: &[String], out: &mut Outbox<'_>) -> Result<(), Close> {
        match self.way {
            Way::Many(framing) => {
                for letter in letters {
                    Self::obey(letter, out)?;
                    let line = format!("{letter}\n");
                    out.send(match framing {
                        Framing::Chunked => chunk(line.as_bytes()),
                        Framing::Carrier | Framing::UntilClose => line.into(),
                    });
                }
                Ok(())
            }
            Way::One if letters.is_empty() => Ok(()),
            Way::One => {
                out.reply(Response::new(Bytes::from(letters.join("\n") + "\n")));
                Err(Close::Finished)
            }
        }
    }
}

impl Protocol for Postman {
    fn kind(&self) -> Kind {
        LETTERS
    }

    fn open(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        let mut contents = self.letterbox.look();
        contents.waker = Some(out.waker());
        contents.spare = Some(out.waker());
        Ok(())
    }

    fn woken(&mut self, out: &mut Outbox<'_>) -> Result<(), Close> {
        let mut contents = self.letterbox.look();
        contents.rounds += 1;
        if std::mem::take(&mut contents.is_registered) {
            out.tell_when_drained();
        }
        let letters = std::mem::take(&mut contents.letters);
        drop(contents);
        self.bring(&letters, out)
    }

    fn drained(&mut self) {
        self.letterbox.look().confirmed += 1;
    }

    fn deliver(&mut self, message: &Message, _: At<'_>, _: &mut Outbox<'_>) -> Result<(), Close> {
        unreachable!("it has no places, and got {message:?}")
    }

    fn gap(&mut self, gap: &Gap, _at: At<'_>, _out: &mut Outbox<'_>) -> Result<(), Close> {
        unreachable!("it has no places, and got {gap:?}")
    }

    fn ended(&mut self, reason: EndReason, _: At<'_>, _: &mut Outbox<'_>) -> Result<(), Close> {
        unreachable!("it has no places, and got {reason:?}")
    }

    fn reads(&self) -> Reads {
        match self.way {
            Way::Many(_) => Reads::Nothing,
            Way::One => Reads::NextRequest,
        }
    }

    fn deadline(&self) -> Option<Tick> {
        None
    }

    fn tick(&mut self, _out: &mut Outbox<'_>) -> Result<(), Close> {
        Ok(())
    }

    fn farewell(&mut self, _reason: Farewell, _out: &mut Outbox<'_>) -> Close {
        Close::HangUp
    }

    fn lost(&mut self, loss: Loss) {
        let mut contents = self.letterbox.look();
        contents.loss = Some(loss);
        assert!(!contents.is_cursed, "as it is cursed");
    }
}

impl Drop for Postman {
    fn drop(&mut self) {
        let mut contents = self.letterbox.look();
        contents.is_closed = true;
        assert!(!contents.is_cursed, "as it is cursed");
    }
}
