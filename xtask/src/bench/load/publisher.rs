//! The publisher.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use mio::net::TcpStream;

use super::head::Head;
use super::request;
use super::subscriber::connect;

/// One connection on which everything is published, so that the order is certain.
#[derive(Debug)]
pub(super) struct Publisher {
    pub(super) socket: TcpStream,
    address: SocketAddr,
    responses: Vec<u8>,
    /// Messages of which the server has not said yet that it has them.
    pub(super) unanswered: usize,
}

impl Publisher {
    pub(super) fn connect(address: SocketAddr) -> Result<Self> {
        let socket = connect(address, None)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket: TcpStream::from_std(socket),
            address,
            responses: Vec::new(),
            unanswered: 0,
        })
    }

    /// Publishes these in one write, one request after the other, without waiting for responses.
    pub(super) fn publish(&mut self, payloads: &[String]) -> Result<()> {
        let mut requests = String::new();
        for payload in payloads {
            request::publish(&mut requests, self.address, payload);
        }
        self.socket
            .write_all(requests.as_bytes())
            .context("the server does not take what is published")?;
        self.unanswered += payloads.len();
        Ok(())
    }

    /// Reads responses.
    ///
    /// # Errors
    /// When the server refused a message.
    pub(super) fn read(&mut self, scratch: &mut [u8]) -> Result<()> {
        loop {
            match self.socket.read(scratch) {
                Ok(0) => bail!("the server closed the publisher's connection"),
                Ok(count) => self.responses.extend_from_slice(&scratch[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error).context("the publisher's connection broke"),
            }
        }
        while let Some((head, head_length)) = Head::read(&self.responses)? {
            let body_length = head
                .content_length
                .context("an answer to a publish without a length")?;
            let length = head_length + body_length;
            let Some(body) = self.responses.get(head_length..length) else {
                break;
            };
            head.expect_status(&[201, 202])
                .with_context(|| format!("not published: {}", body.escape_ascii()))?;
            ensure!(self.unanswered > 0, "an answer to nothing");
            self.unanswered -= 1;
            self.responses.drain(..length);
        }
        Ok(())
    }
}
