//! mio's half of bench/micro/dispatch.h: as with the others, one token is passed on for each event.
#![no_main]

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::os::raw::{c_int, c_uint};
use std::os::unix::io::FromRawFd;
use std::slice;

const MOST_ACTIVE: usize = 1024;

#[repr(C)]
pub struct Station {
    ingoing: c_int,
    outgoing: c_int,
}

struct Ring {
    poll: Poll,
    events: Events,
    stations: Vec<(UnixStream, UnixStream)>,
}

thread_local! {
    static RING: RefCell<Option<Ring>> = RefCell::new(None);
}

fn pass((ingoing, outgoing): &mut (UnixStream, UnixStream)) -> io::Result<u64> {
    let mut token = [0];
    match ingoing.read_exact(&mut token) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
        result => result?,
    }
    outgoing.write_all(&token)?;
    Ok(1)
}

impl Ring {
    fn new(stations: &[Station]) -> io::Result<Ring> {
        let poll = Poll::new()?;
        // SAFETY: the driver made these sockets, leaves them to us and asks for its own use of them only.
        let stream = |descriptor| unsafe { UnixStream::from_raw_fd(descriptor) };
        let mut stations: Vec<_> = stations.iter().map(|one| (stream(one.ingoing), stream(one.outgoing))).collect();
        for (place, (ingoing, _)) in stations.iter_mut().enumerate() {
            poll.registry().register(ingoing, Token(place), Interest::READABLE)?;
        }
        Ok(Ring { poll, events: Events::with_capacity(MOST_ACTIVE), stations })
    }

    fn run(&mut self, goal: u64) -> io::Result<u64> {
        let mut hops = 0;
        while hops < goal {
            self.poll.poll(&mut self.events, None)?;
            for event in &self.events {
                hops += pass(&mut self.stations[event.token().0])?;
            }
        }
        Ok(hops)
    }
}

/// # Safety
/// `stations` are `total` many.
#[no_mangle]
pub unsafe extern "C" fn dispatch_open(stations: *const Station, total: c_uint) {
    let stations = slice::from_raw_parts(stations, total as usize);
    RING.with(|ring| *ring.borrow_mut() = Some(Ring::new(stations).expect("dispatch_open")));
}

#[no_mangle]
pub extern "C" fn dispatch_run(goal: u64) -> u64 {
    RING.with(|ring| ring.borrow_mut().as_mut().expect("it is open").run(goal).expect("dispatch_run"))
}
