#!/usr/bin/env bash
# loom: an order that the memory model forbids is reported for a flag that one thread stores and another takes by a swap.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   loom 0.7.3, $(rustc --version)"
echo "one thinks: a swap reads the last write in modification order, so after a join it sees what the other thread stored"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "flag"
version = "0.0.0"
edition = "2021"
[dependencies]
loom = "=0.7.3"
TOML
cat >src/main.rs <<'RUST'
use loom::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use loom::sync::Arc;
use std::panic::{catch_unwind, set_hook};

/// A thread raises the flag; this one takes it before and after the join. One of the two has to get it.
fn is_lost(raise: fn(&AtomicBool)) -> bool {
    let orders = move || {
        loom::model(move || {
            let flag = Arc::new(AtomicBool::new(false));
            let raiser = {
                let flag = flag.clone();
                loom::thread::spawn(move || raise(&flag))
            };
            let before = flag.swap(false, AcqRel);
            raiser.join().unwrap();
            let after = flag.swap(false, AcqRel);
            assert!(before || after);
        })
    };
    catch_unwind(orders).is_err()
}

fn main() {
    set_hook(Box::new(|_| {}));
    println!("raised by store: lost in some order: {}", is_lost(|flag| flag.store(true, Release)));
    println!("raised by swap: lost in some order: {}", is_lost(|flag| drop(flag.swap(true, AcqRel))));
}
RUST
CARGO_TARGET_DIR="$folder/target" cargo run --quiet 2>cargo.log | tee seen || { cat cargo.log; exit 1; }
diff - seen <<'END_SEEN'
raised by store: lost in some order: true
raised by swap: lost in some order: false
END_SEEN
echo "as described: the first swap read the start, so it stands right after that, and the store after it; loom lets the"
echo "            second swap read the first, as if the store stood between the start and the first swap"
