//! The log: for people on a terminal, JSON lines for everything else; always on stderr.
//!
//! No token, cookie, password, e-mail address or secret is ever logged: what is logged are routes,
//! statuses, durations, request ids, and errors whose texts hold none of these.
//!
//! Lines are gathered for a few milliseconds and written together by a thread of their own: a write
//! for each request costs more than the rest of the line, and whoever reads the log slowly, or not
//! at all, must not stop the server.

use std::io::{self, IsTerminal, Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use gatewright_report::Palette;
use gatewright_server::TRACE_TARGET;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, registry};

use crate::telemetry::{TraceLayer, is_for_traces};

/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(10);

/// Bytes that may wait; lines beyond them are dropped, and counted.
const MOST_WAITING: usize = 1024 * 1024;

/// Writes what still waits when it is dropped.
#[must_use]
pub(crate) struct Log {
    lines: Lines,
    writer: Option<JoinHandle<()>>,
}

/// Starts the log at the level, or with the filter, that `GATEWRIGHT_LOG` names.
///
/// `traces` gets the spans that are for it, which the log never shows, whatever its level.
pub(crate) fn start(
    filter: Option<&str>,
    palette: Palette,
    traces: Option<TraceLayer>,
) -> anyhow::Result<Log> {
    let filter = EnvFilter::try_new(filter.unwrap_or("info"))
        .context("GATEWRIGHT_LOG is no filter; try `info` or `debug`")?;
    let no_traces = format!("{TRACE_TARGET}=off").parse().context("a filter of our own")?;
    let filter = filter.add_directive(no_traces);
    let lines = Lines::default();
    let log = Log::start(lines.clone(), stderr()).context("cannot start the log's thread")?;
    let format = tracing_subscriber::fmt::layer().with_writer(move || lines.clone());
    let format = if stderr().is_terminal() {
        format.with_ansi(palette.is_coloured()).with_target(false).boxed()
    } else {
        format.json().flatten_event(true).with_span_list(false).boxed()
    };
    let started = match traces {
        // One filter for everything is the faster way, and there is nothing else to filter for.
        None => registry().with(format).with(filter).try_init(),
        Some(traces) => {
            let traces = traces.with_filter(filter_fn(is_for_traces));
            registry().with(format.with_filter(filter)).with(traces).try_init()
        }
    };
    started.context("the log was started before")?;
    Ok(log)
}

impl Log {
    fn start(lines: Lines, mut to: impl Write + Send + 'static) -> io::Result<Self> {
        let waiting = lines.clone();
        let write = move || {
            while let Some(bytes) = waiting.next() {
                // Nobody can be told that the log cannot be written.
                let _ = to.write_all(&bytes).and_then(|()| to.flush());
            }
        };
        let writer = thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(Self { lines, writer: Some(writer) })
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.lock().is_closed = true;
        self.lines.0.changed.notify_all();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to write.
            let _ = writer.join();
        }
    }
}

/// The lines that wait to be written.
#[derive(Clone, Default)]
struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
    is_closed: bool,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to write next; waits for it, and a little longer for more. `None` at the end.
    fn next(&self) -> Option<Vec<u8>> {
        let changed = &self.0.changed;
        let is_quiet = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.is_closed;
        let waiting =
            changed.wait_while(self.lock(), is_quiet).unwrap_or_else(PoisonError::into_inner);
        let gathered = changed.wait_timeout_while(waiting, GATHER, |waiting| !waiting.is_closed);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        let mut bytes = std::mem::take(&mut waiting.bytes);
        let dropped = std::mem::take(&mut waiting.dropped);
        drop(waiting);
        if dropped > 0 {
            let note = "{\"level\":\"WARN\",\"message\":\"log lines were dropped\",\"lines\":";
            bytes.extend_from_slice(format!("{note}{dropped}}}\n").as_bytes());
        }
        (!bytes.is_empty()).then_some(bytes)
    }
}

impl Write for Lines {
    /// One whole line, as the formatter hands it over.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > MOST_WAITING {
            waiting.dropped += 1;
        } else {
            let was_empty = waiting.bytes.is_empty();
            waiting.bytes.extend_from_slice(line);
            if was_empty {
                self.0.changed.notify_all();
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Hands over what is written, and takes it only when asked.
    struct Reader(mpsc::SyncSender<Vec<u8>>);

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_waits_is_written_at_the_end() {
        let (to, written) = mpsc::sync_channel(10);
        let mut lines = Lines::default();
        let log = Log::start(lines.clone(), Reader(to)).unwrap();
        for line in ["one\n", "two\n", "three\n"] {
            lines.write_all(line.as_bytes()).unwrap();
        }
        drop(log);
        assert_eq!(written.iter().flatten().collect::<Vec<u8>>(), b"one\ntwo\nthree\n");
    }

    #[test]
    fn a_reader_that_does_not_read_stops_nobody_and_is_told_what_it_missed() {
        let (to, written) = mpsc::sync_channel(0);
        let mut lines = Lines::default();
        let log = Log::start(lines.clone(), Reader(to)).unwrap();
        let line = vec![b'x'; 1024];
        for _ in 0..3 * 1024 {
            lines.write_all(&line).unwrap();
        }
        assert!(lines.lock().bytes.len() <= MOST_WAITING);
        let reader = thread::spawn(move || written.iter().flatten().collect::<Vec<u8>>());
        drop(log);
        let text = String::from_utf8(reader.join().unwrap()).unwrap();
        assert!(text.len() < 3 * MOST_WAITING);
        assert!(text.contains("log lines were dropped"), "{}", text.len());
    }
}
