//! An echo server on mio: one thread, edge-triggered, one registration for a connection's life.

use crate::listening::{self, READ_SIZE};
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::io::AsRawFd;
use std::time::Duration;

/// A client with so much unwritten is not read from.
const UNSENT_LIMIT: usize = 256 * 1024;
const EVENTS: usize = 1024;

/// How long to wait for a descriptor that somebody gives back.
const PAUSE: Duration = Duration::from_millis(100);

struct Connection {
    stream: TcpStream,
    unsent: Vec<u8>,
    has_ended: bool,
}

impl Connection {
    /// Writes until all is taken or nothing more is; how many bytes were.
    fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match stream.write(&bytes[written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = Self::write(&mut self.stream, &self.unsent)?;
        if written == self.unsent.len() {
            self.unsent = Vec::new(); // an idle connection keeps no memory
        } else {
            self.unsent.drain(..written);
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = if self.unsent.is_empty() { Self::write(&mut self.stream, bytes)? } else { 0 };
        if written < bytes.len() {
            self.unsent.extend_from_slice(&bytes[written..]);
        }
        Ok(())
    }

    /// Whether an event is of use: a socket that is writable, as each is once it is registered, is nothing to read.
    fn is_concerned(&self, event: &Event) -> bool {
        event.is_readable() || event.is_read_closed() || event.is_error() || !self.unsent.is_empty()
    }

    /// Echoes until the client would block; whether the connection goes on. A short read has drained the socket,
    /// unless the event told of an end or an error behind the bytes: `is_last` of them.
    fn serve<const SHORT_READS: bool>(&mut self, buffer: &mut [u8], is_last: bool) -> io::Result<bool> {
        if !self.unsent.is_empty() {
            self.flush()?;
        }
        while !self.has_ended && self.unsent.len() < UNSENT_LIMIT {
            let count = match self.stream.read(buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.has_ended = count == 0;
            self.send(&buffer[..count])?;
            if SHORT_READS && count < buffer.len() && !is_last {
                break;
            }
        }
        Ok(!self.has_ended || !self.unsent.is_empty())
    }
}

/// A connection's descriptor is its token and its place. Nothing is accepted while events are walked, so that none
/// of them reaches a new connection in the place of a closed one.
struct Connections(Vec<Option<Connection>>);

impl Connections {
    fn add(&mut self, registry: &Registry, mut stream: TcpStream) -> io::Result<()> {
        let place = stream.as_raw_fd() as usize;
        registry.register(&mut stream, Token(place), Interest::READABLE | Interest::WRITABLE)?;
        if place >= self.0.len() {
            self.0.resize_with(place + 1, || None);
        }
        self.0[place] = Some(Connection { stream, unsent: Vec::new(), has_ended: false });
        Ok(())
    }

    /// Whether all that had come were accepted; else there is no room for the next.
    fn accept(&mut self, registry: &Registry, listener: &TcpListener) -> bool {
        loop {
            match listener.accept() {
                Ok((stream, _)) => drop(self.add(registry, stream)), // one that cannot be watched is closed
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if listening::is_of_client(&error) => {}
                Err(_) => return false,
            }
        }
    }
}

/// Reads until the read would block, as mio's documentation says, or with `SHORT_READS` until less came than asked for.
pub fn run<const SHORT_READS: bool>() -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(EVENTS);
    let mut buffer = vec![0; READ_SIZE];
    let mut connections = Connections(Vec::new());
    let mut listener = TcpListener::from_std(listening::socket()?);
    let listener_token = Token(listener.as_raw_fd() as usize);
    poll.registry().register(&mut listener, listener_token, Interest::READABLE)?;
    let mut has_room = true;
    loop {
        match poll.poll(&mut events, if has_room { None } else { Some(PAUSE) }) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        let mut may_accept = !has_room;
        for event in &events {
            if event.token() == listener_token {
                may_accept = true;
            } else if let Some(place) = connections.0.get_mut(event.token().0) {
                let is_last = event.is_read_closed() || event.is_error();
                let goes_on = match place {
                    Some(connection) if connection.is_concerned(event) => {
                        connection.serve::<SHORT_READS>(&mut buffer, is_last).unwrap_or(false)
                    }
                    _ => continue,
                };
                if !goes_on {
                    *place = None; // closes it, which also takes it out of epoll
                }
            }
        }
        if may_accept {
            has_room = connections.accept(poll.registry(), &listener);
        }
    }
}
