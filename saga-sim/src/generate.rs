//! Cases from seeds: programs, what befalls their steps, and what goes wrong around them. Small ones are the most common,
//! for that is where most bugs are.

use saga_runtime::defaults::COMPENSATIONS_MAX;

use crate::case::{Act, Case, Event, Plan, Trouble, What, When};
use crate::draw::Draw;
use crate::program::{Deed, Fate, Fates, Kind, Op, Program};

/// Returns the case of that seed.
pub fn generate(seed: u64) -> Case {
    let mut draw = Draw::new(seed);
    let workers = draw.pick(&[1, 1, 2, 2, 2, 3]);
    let sagas: Vec<Plan> = (0..draw.pick(&[1, 1, 1, 2, 2, 3, 5])).map(|_| plan(&mut draw)).collect();
    let count = draw.pick(&[0, 1, 1, 2, 2, 3, 4, 6, 9]);
    let events = (0..count).map(|_| event(&mut draw, workers, sagas.len())).collect();
    let compensations_max = draw.pick(&[COMPENSATIONS_MAX, 1, 1, 2]);
    let mut case = Case { seed, workers, sagas, events, compensations_max };
    if draw.chance(4) {
        crowd(&mut draw, &mut case);
    }
    if draw.chance(15) {
        at_once(&mut draw, &mut case);
    }
    if draw.chance(15) {
        down(&mut draw, &mut case);
    }
    if draw.chance(6) {
        deposed(&mut draw, &mut case);
    }
    case
}

/// A worker waits for a saga that is not worth a release, is taken for dead, and shuts down before it knows: it releases
/// what another has claimed, and writes nothing beside.
fn deposed(draw: &mut Draw, case: &mut Case) {
    case.workers = case.workers.max(2);
    let plan = &mut case.sagas[0];
    plan.program.ops.insert(0, Op::Sleep(draw.between(600, 950)));
    let (at, seat) = (plan.at_ms + draw.between(50, 500), 0);
    case.events.push(Event { when: When::At(at), what: What::Evict(seat) });
    case.events.push(Event { when: When::At(at + draw.between(1, 40)), what: What::Shutdown(seat, 1000) });
}

/// No worker is up for longer than any deadline or limit, while a saga waits, and people act meanwhile: in time, and too
/// late.
fn down(draw: &mut Draw, case: &mut Case) {
    let number = usize::try_from(draw.below(case.sagas.len() as u64)).unwrap_or(0);
    let limit_ms = draw.between(2000, 15_000);
    let waits = [
        Op::Signal { within_ms: Some(limit_ms), handled: true },
        Op::Approve { within_ms: Some(limit_ms), handled: false },
        Op::Signal { within_ms: None, handled: false },
        Op::Sleep(limit_ms),
    ];
    let plan = &mut case.sagas[number];
    let place = usize::try_from(draw.below(1 + plan.program.ops.len().min(2) as u64)).unwrap_or(0);
    plan.program.ops.insert(place, draw.pick(&waits));
    plan.urgent |= draw.chance(60);
    let (dies, down_ms) = (plan.at_ms + draw.between(5, 1500), draw.between(45_000, 60_000));
    for seat in 0..case.workers {
        case.events.push(Event { when: When::At(dies), what: What::Kill(seat, down_ms) });
    }
    let acts = [Act::Signal, Act::Signal, Act::Approve, Act::Approve, Act::Deny, Act::Cancel];
    for _ in 0..draw.between(1, 3) {
        let after = draw.pick(&[1, 2, 4]) * draw.between(100, limit_ms);
        let (when, act) = (When::At(dies + after), draw.pick(&acts));
        case.events.push(Event { when, what: What::Act(number, act) });
    }
    // Past the next start, so that it is waited for.
    let when = When::At(dies + down_ms + 1000);
    case.events.push(Event { when, what: What::Act(number, Act::Signal) });
}

/// Adds sagas with children that are undone at the same time, each while something else of it goes on, with room for
/// one compensation; and cancels meanwhile. Chance alone hardly ever produces that.
fn crowd(draw: &mut Draw, case: &mut Case) {
    case.compensations_max = 1;
    case.sagas = (0..4)
        .map(|_| {
            let slow = |draw: &mut Draw| vec![Fate::Slow(draw.between(500, 15_000))];
            let undone = Fates { go: Vec::new(), undo: slow(draw), probe: Vec::new() };
            let slow = Fates { go: slow(draw), undo: Vec::new(), probe: Vec::new() };
            let deed = |fates| Op::Step(Deed { step: Kind::Hold, handled: false, fates });
            let end = draw.pick(&[Op::Values, Op::Panic, Op::Sleep(1000)]);
            let child = |ops| Op::Child { program: Program { ops }, handled: true };
            let branches = vec![child(vec![deed(undone), Op::Fail]), child(vec![deed(slow), end])];
            let all = Op::All { branches, limit: 8, handled: true };
            Plan { program: Program { ops: vec![all] }, urgent: false, at_ms: draw.wait(500) }
        })
        .collect();
    for saga in 0..case.sagas.len() {
        let when = When::At(draw.between(500, 15_000));
        case.events.push(Event { when, what: What::Act(saga, Act::Cancel) });
    }
}

/// Two things that people do at once, of which the second is no longer what it was meant for; and a worker that dies
/// soon after.
fn at_once(draw: &mut Draw, case: &mut Case) {
    let pairs = [
        [Act::Cancel, Act::Approve],
        [Act::Cancel, Act::Deny],
        [Act::Undo(0), Act::RollBack],
        [Act::Undo(0), Act::Signal],
        [Act::Waive, Act::Redrive],
    ];
    let saga = usize::try_from(draw.below(case.sagas.len() as u64)).unwrap_or(0);
    let write = draw.between(1, 30);
    for act in draw.pick(&pairs) {
        case.events.push(Event { when: When::Write(write), what: What::Act(saga, act) });
    }
    let (when, seat) = (When::Write(write + draw.between(1, 3)), 0);
    let dies = draw.pick(&[None, Some(What::Kill(seat, 1000)), Some(What::KillAfter(seat, 1000))]);
    case.events.extend(dies.map(|what| Event { when, what }));
}

fn plan(draw: &mut Draw) -> Plan {
    // How rough its world is.
    let rough = draw.pick(&[0, 10, 25, 50]);
    let mut writer = Writer { draw, rough, depth: 0, past_no_return: false };
    let ops = writer.ops(7);
    let urgent = draw.chance(12);
    Plan { program: Program { ops }, urgent, at_ms: draw.wait(4000) }
}

struct Writer<'a> {
    draw: &'a mut Draw,
    rough: u64,
    depth: u32,
    /// Most programs then handle what fails, as the macros demand; some do not.
    past_no_return: bool,
}

impl Writer<'_> {
    fn ops(&mut self, max: u64) -> Vec<Op> {
        let count = self.draw.between(1, max);
        (0..count).map(|_| self.op()).collect()
    }

    fn handled(&mut self) -> bool {
        let percent = if self.past_no_return { 90 } else { 25 };
        self.draw.chance(percent)
    }

    fn op(&mut self) -> Op {
        let deep = self.depth >= 2;
        self.depth += 1;
        let op = match self.draw.below(100) {
            0..=3 if !deep => Op::Either(self.ops(3), self.ops(3)),
            4..=7 if !deep => {
                let turns = u32::try_from(self.draw.between(1, 3)).unwrap_or(1);
                let bound = if self.draw.chance(90) { 3 } else { 1 };
                Op::Loop { turns, bound, ops: self.ops(3) }
            }
            8..=17 if !deep => self.all(),
            18..=24 if !deep => self.child(),
            25..=29 => Op::Sleep(self.draw.wait(20_000)),
            30..=32 => Op::Signal { within_ms: self.within(), handled: self.handled() },
            33..=35 => Op::Approve { within_ms: self.within(), handled: self.handled() },
            36 => Op::Values,
            37..=39 if !self.past_no_return || self.draw.chance(20) => Op::Fail,
            40 => Op::Panic,
            41 if self.draw.chance(30) => Op::Whim,
            42..=45 => Op::Defer(Deed { step: Kind::Mail, handled: false, fates: self.three_fates() }),
            _ => Op::Step(self.deed()),
        };
        self.depth -= 1;
        op
    }

    fn within(&mut self) -> Option<u64> {
        self.draw.chance(60).then(|| self.draw.wait(15_000))
    }

    fn all(&mut self) -> Op {
        let count = self.draw.between(2, 4);
        let branch = |w: &mut Self| if w.draw.chance(80) { Op::Step(w.deed()) } else { w.child() };
        let branches = (0..count).map(|_| branch(self)).collect();
        let limit = self.draw.pick(&[1, 2, 8, 8]);
        Op::All { branches, limit, handled: self.handled() }
    }

    fn child(&mut self) -> Op {
        self.depth += 1;
        let ops = self.ops(3);
        self.depth -= 1;
        Op::Child { program: Program { ops }, handled: self.handled() }
    }

    fn deed(&mut self) -> Deed {
        let mut step = self.draw.pick(&Kind::ALL);
        if step.is_irreversible() && self.draw.chance(60) {
            step = Kind::Hold;
        }
        let handled = self.handled();
        self.past_no_return |= step.is_irreversible();
        Deed { step, handled, fates: self.three_fates() }
    }

    fn three_fates(&mut self) -> Fates {
        Fates { go: self.fates(), undo: self.fates(), probe: self.fates() }
    }

    fn fates(&mut self) -> Vec<Fate> {
        let mut fates = Vec::new();
        while self.draw.chance(self.rough) && fates.len() < 14 {
            let fate = match self.draw.below(100) {
                0..=9 => Fate::Slow(self.draw.wait(15_000)),
                10..=34 => Fate::Transient,
                35..=44 => Fate::Permanent,
                45..=51 => Fate::DoubtLanded,
                52..=58 => Fate::DoubtLost,
                59..=65 => Fate::TimeoutLanded,
                66..=72 => Fate::TimeoutLost,
                73..=78 => Fate::Panic,
                79..=84 => Fate::PanicLanded,
                85..=89 => Fate::Late(self.draw.wait(20_000)),
                // When the attempt has run out of time.
                90..=94 => Fate::Late(self.draw.between(20_000, 50_000)),
                95 => Fate::Huge,
                _ => Fate::Well,
            };
            // One that is long enough to reach the bounds.
            let often = if self.draw.chance(8) { 11 } else { 1 };
            fates.extend(std::iter::repeat_n(fate, often));
        }
        fates
    }
}

fn event(draw: &mut Draw, workers: usize, sagas: usize) -> Event {
    let seat = usize::try_from(draw.below(workers as u64)).unwrap_or(0);
    let saga = usize::try_from(draw.below(sagas as u64)).unwrap_or(0);
    let when = match draw.chance(60) {
        true => When::Write(1 + draw.pick(&[20, 40, 80]) * draw.below(1000) / 1000),
        false => When::At(draw.wait(40_000)),
    };
    let what = match draw.below(100) {
        0..=17 => What::Kill(seat, draw.wait(20_000)),
        18..=33 => What::KillAfter(seat, draw.wait(20_000)),
        34..=41 => What::Stall(seat, draw.wait(25_000)),
        42..=43 => What::Shutdown(seat, draw.wait(10_000)),
        44..=46 => What::ShutdownWithin(seat, draw.wait(5000), draw.wait(10_000)),
        47..=57 => {
            let troubles = [
                Trouble::Unavailable,
                Trouble::Full,
                Trouble::ReadOnly,
                Trouble::AnswerLost,
                Trouble::Slow,
                Trouble::Stale,
            ];
            let once = matches!(when, When::Write(_)) && draw.chance(50);
            let ms = if once { 0 } else { draw.wait(20_000) + 1 };
            What::Store(seat, draw.pick(&troubles), ms)
        }
        58..=61 => What::Evict(seat),
        62..=65 => {
            let by = i64::try_from(draw.wait(600_000)).unwrap_or(0);
            What::Clock(if draw.chance(50) { by } else { -by })
        }
        _ => {
            let acts = [
                Act::Cancel,
                Act::Cancel,
                Act::Cancel,
                Act::RetryNow,
                Act::RollBack,
                Act::Redrive,
                Act::Redrive,
                Act::Waive,
                Act::Abandon,
                Act::Undo(0),
                Act::Undo(1),
                Act::Undo(2),
                Act::Resolve,
                Act::Resolve,
                Act::Signal,
                Act::Approve,
                Act::Deny,
            ];
            What::Act(saga, draw.pick(&acts))
        }
    };
    Event { when, what }
}
