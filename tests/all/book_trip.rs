//! The example `book_trip` as its users run it: a process, killed at every durable write, and the books that four
//! companies keep outside of it.

mod books;
use std::path::{Path, PathBuf};
use std::thread;

use crate::example::{Example, Ran};
use books::{Books, lines};

static BOOK_TRIP: Example = Example::named("book_trip");

/// More kill points than a trip has writes; limits the search for the last one.
const WRITES_MAX: u64 = 60;
/// The number of kill points tried at the same time: they mostly wait for disks.
const AT_A_TIME: u64 = 4;

/// The faults of the companies, and the expected result.
struct Variant {
    name: &'static str,
    words: &'static [&'static str],
    booked: bool,
}

const NO_FAULT: Variant = Variant { name: "none", words: &[], booked: true };
const FLIGHT: Variant = Variant { name: "flight", words: &["--fail", "flight"], booked: false };
const HOTEL: Variant = Variant { name: "hotel", words: &["--fail", "hotel"], booked: false };
const CHARGE: Variant = Variant { name: "charge", words: &["--fail", "charge"], booked: false };
const MAIL: Variant = Variant { name: "mail", words: &["--fail", "mail"], booked: true };
const LANDED: Variant =
    Variant { name: "landed", words: &["--timeout-landed", "charge", "--patience", "300ms"], booked: true };

impl Variant {
    fn run(&self, db: &Path, more: &[&str]) -> Ran {
        let db = db.to_str().expect("a path of ours is text");
        BOOK_TRIP.run(&[&["--db", db], self.words, more].concat())
    }

    /// Checks that the trip has ended, and that the books agree.
    fn assert_ended(&self, ran: &Ran, db: &Path) {
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.out.contains("The outcome and the books agree."), "{ran}");
        assert!(ran.out.contains(if self.booked { "\nBooked: " } else { "\nNot booked: " }), "{ran}");
        let books = Books::beside(db);
        let expected = if self.booked { Books::BOOKED } else { Books::EMPTY };
        assert_eq!(books.now, expected, "{books:?}\n{ran}");
        assert!(books.repeated.is_empty(), "{books:?}\n{ran}");
    }
}

/// Returns a database of its own, in an empty directory.
fn fresh(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("book_trip").join(name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory).expect("what an earlier test left can go");
    }
    std::fs::create_dir_all(&directory).expect("there is room for a test");
    directory.join("trips.db")
}

fn completes(variant: &Variant) -> (Ran, PathBuf) {
    let db = fresh(&format!("whole-{}", variant.name));
    let ran = variant.run(&db, &[]);
    variant.assert_ended(&ran, &db);
    (ran, db)
}

#[test]
fn without_a_fault_the_trip_is_booked() {
    let (ran, db) = completes(&NO_FAULT);
    for drawn in
        ["▸ │ hold_flight", "✓ │ hold_hotel", "? ", "Grace", "✓   charge_card", "no way back from here"]
    {
        assert!(ran.out.contains(drawn), "{drawn}: {ran}");
    }
    assert!(ran.out.contains(&format!("sqlite3 {} 'select * from sagas'", db.display())), "{ran}");
    assert!(!ran.out.contains("4242 4242"), "{ran}");
    assert!(!ran.out.contains('\x1b'), "coloured without a terminal: {ran}");
}

#[test]
fn where_a_company_refuses_nothing_is_left() {
    for variant in [FLIGHT, HOTEL, CHARGE] {
        let (ran, _) = completes(&variant);
        assert!(ran.out.contains("↺   book_trip"), "{ran}");
    }
}

#[test]
fn a_busy_mail_service_is_asked_again() {
    let (ran, db) = completes(&MAIL);
    assert_eq!(lines(&db, "mail", "turned_away").len(), 2, "{ran}");
    assert!(ran.out.contains("▸   email_itinerary   attempt 3"), "{ran}");
}

#[test]
fn a_charge_that_landed_unheard_is_found_and_not_repeated() {
    let (ran, db) = completes(&LANDED);
    assert_eq!(lines(&db, "bank", "charged").len(), 1, "{ran}");
    assert!(ran.out.contains("the probe found it"), "{ran}");
}

#[test]
fn a_second_trip_in_a_file_has_an_id_of_its_own() {
    let (_, db) = completes(&NO_FAULT);
    let again = NO_FAULT.run(&db, &[]);
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.out.starts_with("trip-2: "), "{again}");
    assert_eq!(Books::beside(&db).now.charges, 2, "{again}");
}

#[test]
fn a_trip_that_was_killed_comes_before_a_new_one() {
    let db = fresh("killed-first");
    let killed = NO_FAULT.run(&db, &["--kill-at", "3"]);
    let go_on = format!("cargo run --example book_trip -- --db {} --resume", db.display());
    assert!(killed.code.is_none() && killed.out.contains(&go_on), "{killed}");
    let refused = NO_FAULT.run(&db, &[]);
    assert!(refused.code == Some(2) && refused.err.contains("trip-1 has not ended"), "{refused}");
    let resumed = NO_FAULT.run(&db, &["--resume"]);
    NO_FAULT.assert_ended(&resumed, &db);
    assert!(resumed.out.contains("that process died; this one goes on"), "{resumed}");
}

#[test]
fn what_is_not_understood_is_said() {
    for (words, said) in [
        (&["--fial", "hotel"][..], "there is no option `--fial`; did you mean `--fail`?"),
        (
            &["--fail", "hotle"],
            "`--fail hotle` is none of: flight, hotel, charge, mail; did you mean `hotel`?",
        ),
        (&["--kill-at", "0"], "write the number of a durable write"),
        (&["--db"], "`--db` needs a file"),
        (&["--fail", "charge", "--timeout-landed", "charge"], "exclude each other"),
        (&["--db", "/nonexistent/trips.db", "--resume"], "nothing to resume"),
    ] {
        let ran = BOOK_TRIP.run(words);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.err.contains(said), "{said}: {ran}");
    }
    let help = BOOK_TRIP.run(&["--help"]);
    assert!(help.code == Some(0) && help.out.contains("--kill-at N"), "{help}");
}

/// Kills the process at its `number`-th write and resumes it; returns true if there was such a write.
fn killed_and_resumed(variant: &Variant, flag: &str, number: u64) -> bool {
    let db = fresh(&format!("{}{flag}-{number}", variant.name));
    let killed = variant.run(&db, &[flag, &number.to_string()]);
    if killed.code == Some(0) {
        variant.assert_ended(&killed, &db);
        return false;
    }
    assert!(killed.code.is_none(), "it ended by itself: {killed}");
    assert!(killed.out.contains(&format!("durable write {number}: ")), "{killed}");
    let resumed = variant.run(&db, &["--resume"]);
    variant.assert_ended(&resumed, &db);
    assert!(resumed.out.starts_with("trip-1: "), "{resumed}");
    std::fs::remove_dir_all(db.parent().expect("it has a directory")).expect("it can go");
    true
}

fn killed_everywhere(variant: &Variant) {
    for flag in ["--kill-before", "--kill-at"] {
        let mut points = 0;
        for first in (1..WRITES_MAX).step_by(AT_A_TIME as usize) {
            let killed = thread::scope(|scope| {
                let tries: Vec<_> = (first..first + AT_A_TIME)
                    .map(|number| scope.spawn(move || killed_and_resumed(variant, flag, number)))
                    .collect();
                let killed = tries
                    .into_iter()
                    .map(|tried| tried.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
                killed.filter(|killed| *killed).count() as u64
            });
            points += killed;
            if killed < AT_A_TIME {
                break;
            }
        }
        println!("{}: {points} kill points {flag}", variant.name);
        assert!((3..WRITES_MAX).contains(&points), "{}: {points} kill points {flag}", variant.name);
    }
}

#[test]
fn killed_anywhere_without_a_fault() {
    killed_everywhere(&NO_FAULT);
}

#[test]
fn killed_anywhere_without_a_seat() {
    killed_everywhere(&FLIGHT);
}

#[test]
fn killed_anywhere_without_a_room() {
    killed_everywhere(&HOTEL);
}

#[test]
fn killed_anywhere_with_the_card_declined() {
    killed_everywhere(&CHARGE);
}

#[test]
fn killed_anywhere_with_the_mail_busy() {
    killed_everywhere(&MAIL);
}

#[test]
fn killed_anywhere_with_a_charge_that_landed_unheard() {
    killed_everywhere(&LANDED);
}

/// Three deaths without progress in between dead-letter a saga, so two kills at any write are the limit.
#[test]
fn killed_again_in_the_recovery() {
    let variant = &CHARGE;
    for first in 1..WRITES_MAX {
        for again in (1..WRITES_MAX).map(|number| number.to_string()) {
            let db = fresh(&format!("twice-{first}-{again}"));
            if variant.run(&db, &["--kill-at", &first.to_string()]).code == Some(0) {
                return;
            }
            let second = variant.run(&db, &["--resume", "--kill-at", &again]);
            let resumed = variant.run(&db, &["--resume"]);
            variant.assert_ended(&resumed, &db);
            if second.code == Some(0) {
                break;
            }
        }
    }
    panic!("the end is not reached in {WRITES_MAX} writes");
}
