//! What the servers on tokio share: one thread, a task for each connection.

use crate::listening;
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait for a descriptor that somebody gives back.
const PAUSE: Duration = Duration::from_millis(100);

async fn accept<Task>(echo: fn(TcpStream) -> Task) -> io::Result<()>
where
    Task: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::from_std(listening::socket()?)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(echo(stream))), // the task goes on by itself
            Err(error) if listening::is_of_client(&error) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Accepts clients and runs `echo` for each. What a task returns is nobody's business: its connection is closed.
pub fn run<Task>(echo: fn(TcpStream) -> Task) -> io::Result<()>
where
    Task: Future<Output = io::Result<()>> + Send + 'static,
{
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(accept(echo))
}
