//! tokio's half of bench/micro/wake.h: a runtime of one thread, in which a task waits for a `Notify`.
#![no_main]

use bench::export_wake;
use bench::wake::Wake;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

pub struct Loop {
    runtime: Runtime,
    notify: Notify,
}

impl Wake for Loop {
    fn open() -> Loop {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Loop { runtime, notify: Notify::new() }
    }

    fn wake(&self) {
        self.notify.notify_one();
    }

    fn run(&self, mut on_wake: impl FnMut() -> bool) {
        self.runtime.block_on(async {
            loop {
                self.notify.notified().await;
                if on_wake() {
                    return;
                }
            }
        });
    }
}

export_wake!(Loop);
