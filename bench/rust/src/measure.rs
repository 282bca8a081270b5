//! Short turns, one contender after the other.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// A turn is long beside the clock's resolution and short beside what disturbs a machine.
const TURN: Duration = Duration::from_millis(5);

/// What is measured, under whose name.
pub(crate) struct Contender<'c> {
    who: &'static str,
    call: Box<dyn FnMut() + 'c>,
}

impl<'c> Contender<'c> {
    pub(crate) fn new<T>(who: &'static str, mut call: impl FnMut() -> T + 'c) -> Self {
        Self { who, call: Box::new(move || drop(black_box(call()))) }
    }
}

/// Lets them take turns for `time` each, and prints a line for each.
pub(crate) fn compete(what: &str, time: Duration, mut contenders: Vec<Contender<'_>>) {
    let mut best = vec![f64::INFINITY; contenders.len()];
    let turns = time.as_millis().div_ceil(TURN.as_millis());
    let sizes: Vec<u32> = contenders.iter_mut().map(|one| calls_per_turn(&mut one.call)).collect();
    for _ in 0..turns {
        for ((contender, calls), best) in contenders.iter_mut().zip(&sizes).zip(&mut best) {
            let nanos = timed(&mut contender.call, *calls).as_secs_f64() * 1e9 / f64::from(*calls);
            *best = best.min(nanos);
        }
    }
    for (Contender { who, .. }, ns) in contenders.iter().zip(best) {
        println!("{}", serde_json::json!({ "what": what, "who": who, "ns": ns }));
    }
}

fn calls_per_turn(call: &mut dyn FnMut()) -> u32 {
    let mut calls = 1;
    loop {
        let took = timed(call, calls);
        if took * 4 > TURN {
            let fit = TURN.as_secs_f64() / took.as_secs_f64() * f64::from(calls);
            return fit.max(1.0) as u32;
        }
        calls *= 2;
    }
}

fn timed(call: &mut dyn FnMut(), calls: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        call();
    }
    start.elapsed()
}
