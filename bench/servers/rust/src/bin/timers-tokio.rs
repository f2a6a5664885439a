//! tokio's half of bench/micro/timers.h. A timer is a `Sleep` in a place of its own; it is armed when it is first
//! polled, cancelled by dropping it, and expires by waking whoever polled it: here a waker that counts, in place of a
//! task, whose scheduling would cost more.
#![no_main]

use std::cell::RefCell;
use std::future::Future;
use std::os::raw::c_uint;
use std::pin::Pin;
use std::slice;
use std::task::{Context, RawWaker, RawWakerVTable, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep_until, Instant, Sleep};

#[repr(C)]
struct Expired {
    count: u64,
    places: u64,
}

extern "C" {
    static mut timers_expired: Expired;
}

struct Timers {
    runtime: Runtime,
    sleeps: Pin<Box<[Option<Sleep>]>>,
}

thread_local! {
    static TIMERS: RefCell<Option<Timers>> = RefCell::new(None);
}

/// A waker's data is the place of its timer.
static COUNTING: RawWakerVTable = RawWakerVTable::new(clone, expire, expire, drop_nothing);

unsafe fn clone(place: *const ()) -> RawWaker {
    RawWaker::new(place, &COUNTING)
}

unsafe fn expire(place: *const ()) {
    timers_expired.count += 1;
    timers_expired.places += place as u64;
}

unsafe fn drop_nothing(_place: *const ()) {}

impl Timers {
    fn new(count: usize) -> Timers {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sleeps: Box<[_]> = (0..count).map(|_| None).collect();
        Timers { runtime, sleeps: sleeps.into() }
    }

    fn place(&mut self, place: usize) -> Pin<&mut Option<Sleep>> {
        // SAFETY: the slice is pinned, and so is what it holds: nothing here moves a timer.
        unsafe { self.sleeps.as_mut().map_unchecked_mut(|sleeps| &mut sleeps[place]) }
    }

    fn insert(&mut self, place: usize, deadline: Instant) {
        // SAFETY: the functions above keep the contract of RawWaker; none of them follows the data.
        let waker = unsafe { Waker::from_raw(RawWaker::new(place as *const (), &COUNTING)) };
        let mut sleep = self.place(place);
        sleep.set(Some(sleep_until(deadline)));
        let armed = sleep.as_pin_mut().map(|sleep| sleep.poll(&mut Context::from_waker(&waker)));
        assert!(armed.map_or(false, |state| state.is_pending()), "a timer expired as it was armed");
    }
}

fn with_timers<Outcome>(act: impl FnOnce(&mut Timers) -> Outcome) -> Outcome {
    TIMERS.with(|timers| act(timers.borrow_mut().as_mut().expect("they are made")))
}

#[no_mangle]
pub extern "C" fn timers_open(count: c_uint) {
    TIMERS.with(|timers| *timers.borrow_mut() = Some(Timers::new(count as usize)));
}

/// # Safety
/// `delays` are `count` many.
#[no_mangle]
pub unsafe extern "C" fn timers_insert(delays: *const i64, count: c_uint) {
    let delays = slice::from_raw_parts(delays, count as usize);
    with_timers(|timers| {
        let handle = timers.runtime.handle().clone();
        let _entered = handle.enter();
        let now = Instant::now();
        for (place, &delay) in delays.iter().enumerate() {
            timers.insert(place, now + Duration::from_nanos(delay as u64));
        }
    });
}

/// # Safety
/// `places` are `count` many.
#[no_mangle]
pub unsafe extern "C" fn timers_cancel(places: *const c_uint, count: c_uint) {
    let places = slice::from_raw_parts(places, count as usize);
    with_timers(|timers| {
        for &place in places {
            timers.place(place as usize).set(None);
        }
    });
}

#[no_mangle]
pub extern "C" fn timers_turn() {
    with_timers(|timers| timers.runtime.block_on(tokio::task::yield_now()));
}
