//! mio's half of bench/micro/wake.h.
#![no_main]

use bench::export_wake;
use bench::wake::Wake;
use mio::{Events, Poll, Token, Waker};
use std::cell::RefCell;

pub struct Loop {
    waiting: RefCell<(Poll, Events)>, // of the thread that runs it
    waker: Waker,
}

impl Wake for Loop {
    fn open() -> Loop {
        let poll = Poll::new().expect("Poll::new");
        let waker = Waker::new(poll.registry(), Token(0)).expect("Waker::new");
        Loop { waiting: RefCell::new((poll, Events::with_capacity(16))), waker }
    }

    fn wake(&self) {
        self.waker.wake().expect("wake");
    }

    fn run(&self, mut on_wake: impl FnMut() -> bool) {
        let (poll, events) = &mut *self.waiting.borrow_mut();
        let mut is_enough = false;
        while !is_enough {
            poll.poll(events, None).expect("poll");
            for _ in events.iter() {
                is_enough = on_wake();
            }
        }
    }
}

export_wake!(Loop);
