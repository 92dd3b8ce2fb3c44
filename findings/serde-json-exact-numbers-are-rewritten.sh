#!/usr/bin/env bash
# serde_json: with `arbitrary_precision` a number is kept as its text, but its exponent is written in another way.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo "versions:   serde_json 1.0.154 with the feature arbitrary_precision"
echo "one thinks: a number is kept as it was written, so that a signature over the text holds for what is written again"
mkdir src
cat >Cargo.toml <<'END'
[package]
name = "numbers"
edition = "2024"

[dependencies]
serde_json = { version = "=1.0.154", features = ["arbitrary_precision"] }
END
cat >src/main.rs <<'END'
fn main() {
    for text in ["1.50", "-0", "100000000000000000000000", "1e2", "-1E5", "1E-07", "1e+2"] {
        let number: serde_json::Value = serde_json::from_str(text).unwrap();
        println!("{text} is written as {number}");
    }
}
END
cargo run --quiet | tee seen
diff - seen <<'END'
1.50 is written as 1.50
-0 is written as -0
100000000000000000000000 is written as 100000000000000000000000
1e2 is written as 1e+2
-1E5 is written as -1e+5
1E-07 is written as 1e-07
1e+2 is written as 1e+2
END
echo "as described: digits and zeros stay, an exponent gets a small e and a sign"
