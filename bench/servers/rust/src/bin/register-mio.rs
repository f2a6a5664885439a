//! mio's half of bench/micro/register.h.
#![no_main]

use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};
use std::cell::RefCell;
use std::io::{self, Read};
use std::os::raw::{c_int, c_uint};
use std::os::unix::io::FromRawFd;
use std::slice;
use std::time::Duration;

const WATCHED: usize = 1000;

/// How many turns there are, as enum register_turns says.
const NO_TURN: c_uint = 0;
const TURN_AFTER_HALF: c_uint = 2;

struct Loop {
    poll: Poll,
    events: Events,
    watched: Vec<UnixStream>,
}

thread_local! {
    static LOOP: RefCell<Option<Loop>> = RefCell::new(None);
}

impl Loop {
    fn new(descriptors: &[c_int]) -> io::Result<Loop> {
        // SAFETY: the driver made these sockets and leaves them to us.
        let streams = descriptors.iter().map(|&one| unsafe { UnixStream::from_raw_fd(one) });
        let mut result =
            Loop { poll: Poll::new()?, events: Events::with_capacity(WATCHED), watched: streams.collect() };
        for place in 0..WATCHED {
            result.add(place)?;
        }
        Ok(result)
    }

    fn add(&mut self, place: usize) -> io::Result<()> {
        self.poll.registry().register(&mut self.watched[place], Token(place), Interest::READABLE)
    }

    fn round(&mut self, turns: c_uint) -> io::Result<()> {
        for place in 0..WATCHED {
            self.poll.registry().deregister(&mut self.watched[place])?;
            if turns == TURN_AFTER_HALF {
                self.turn()?;
            }
            self.add(place)?;
            if turns != NO_TURN {
                self.turn()?;
            }
        }
        Ok(())
    }

    fn turn(&mut self) -> io::Result<c_uint> {
        self.poll.poll(&mut self.events, Some(Duration::ZERO))?;
        let mut readable = 0;
        for event in &self.events {
            readable += self.watched[event.token().0].read(&mut [0])? as c_uint;
        }
        Ok(readable)
    }
}

fn with_loop<Outcome>(act: impl FnOnce(&mut Loop) -> io::Result<Outcome>) -> Outcome {
    LOOP.with(|one| act(one.borrow_mut().as_mut().expect("it is open")).expect("mio"))
}

/// # Safety
/// `descriptors` are `WATCHED` many.
#[no_mangle]
pub unsafe extern "C" fn register_open(descriptors: *const c_int) {
    let descriptors = slice::from_raw_parts(descriptors, WATCHED);
    LOOP.with(|one| *one.borrow_mut() = Some(Loop::new(descriptors).expect("register_open")));
}

#[no_mangle]
pub extern "C" fn register_round(turns: c_uint) {
    with_loop(|one| one.round(turns));
}

#[no_mangle]
pub extern "C" fn register_turn() -> c_uint {
    with_loop(Loop::turn)
}
