//! An echo server on tokio that is sparing with memory: the tasks share one buffer, which nobody holds while waiting.

use bench::listening::READ_SIZE;
use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// One read and the attempt to write what came; gives what could not be written, and None at the end.
struct PassOn<'a>(&'a mut TcpStream);

impl PassOn<'_> {
    fn try_with(&mut self, context: &mut Context, buffer: &mut [u8]) -> Poll<io::Result<Option<Vec<u8>>>> {
        let mut filled = ReadBuf::new(buffer);
        match Pin::new(&mut *self.0).poll_read(context, &mut filled) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(result) => result?,
        }
        let bytes = filled.filled();
        if bytes.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let written = match Pin::new(&mut *self.0).poll_write(context, bytes) {
            Poll::Pending => 0,
            Poll::Ready(result) => result?,
        };
        Poll::Ready(Ok(Some(bytes[written..].to_vec())))
    }
}

impl Future for PassOn<'_> {
    type Output = io::Result<Option<Vec<u8>>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<Self::Output> {
        BUFFER.with(|buffer| self.try_with(context, &mut buffer.borrow_mut()))
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    while let Some(unsent) = PassOn(&mut stream).await? {
        stream.write_all(&unsent).await?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    bench::echo_tokio::run(echo)
}
