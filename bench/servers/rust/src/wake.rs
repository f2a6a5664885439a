//! The half of bench/micro/wake.h that mio and tokio share: a loop is `Wake`, and its C functions are made here.

use std::sync::atomic::{AtomicBool, Ordering};

/// What runs until it has seen enough wakes.
pub trait Wake: Sized {
    fn open() -> Self;

    /// From any thread, also while `run` has the loop.
    fn wake(&self);

    /// Sees wakes, each of which `on_wake` is called for, until that says that it is enough. One thread at a time.
    fn run(&self, on_wake: impl FnMut() -> bool);
}

/// The number of wakes that were seen, and `peer` woken for each.
pub fn run<Loop: Wake>(one: &Loop, peer: Option<&Loop>, goal: u64, over: Option<&AtomicBool>) -> u64 {
    let mut seen = 0;
    one.run(|| {
        seen += 1;
        if let Some(peer) = peer {
            peer.wake();
        }
        seen >= goal || over.map_or(false, |over| over.load(Ordering::Acquire))
    });
    seen
}

/// The functions of bench/micro/wake.h for a loop of this type.
#[macro_export]
macro_rules! export_wake {
    ($loop:ty) => {
        #[no_mangle]
        pub extern "C" fn wake_open(spin_ns: i64) -> *mut $loop {
            if spin_ns != 0 {
                return std::ptr::null_mut();
            }
            Box::into_raw(Box::new(<$loop as $crate::wake::Wake>::open()))
        }

        /// # Safety
        /// `one` comes from `wake_open`.
        #[no_mangle]
        pub unsafe extern "C" fn wake_loop_up(one: *const $loop) {
            $crate::wake::Wake::wake(&*one);
        }

        /// # Safety
        /// `one`, and `peer` if it is not NULL, come from `wake_open`; nobody else runs `one`.
        #[no_mangle]
        pub unsafe extern "C" fn wake_run(
            one: *const $loop,
            peer: *const $loop,
            goal: u64,
            over: *const std::sync::atomic::AtomicBool,
        ) -> u64 {
            $crate::wake::run(&*one, peer.as_ref(), goal, over.as_ref())
        }
    };
}
