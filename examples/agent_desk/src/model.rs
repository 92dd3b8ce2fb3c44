//! A model that behaves badly, as a script: it guesses, repeats itself in other words, forgets, and changes its mind.

use serde_json::{Value, json};

/// A turn of the model.
pub struct Turn {
    /// What it thinks.
    pub thought: &'static str,
    /// The tool that it calls.
    pub tool: &'static str,
    /// The arguments.
    pub arguments: Value,
    /// True if its process dies while the tool runs.
    pub dies: bool,
}

fn turn(thought: &'static str, tool: &'static str, arguments: Value) -> Turn {
    Turn { thought, tool, arguments, dies: false }
}

/// Returns what the model does about an order: its customer moves house, and wants to sit at the window.
pub fn turns(order: u32) -> Vec<Turn> {
    let seat = if order == 7 { "12A" } else { "12B" };
    let as_a_model_writes_it = f64::from(order);
    vec![
        turn("a tool that is not there", "get_order", json!({"order": order})),
        turn("a member that is not there", "find_order", json!({"order_id": order})),
        turn("a number as a model writes it", "find_order", json!({"order": as_a_model_writes_it})),
        turn("a seat that is not there", "hold_seat", json!({"order": order, "seat": "99Z"})),
        turn("the failed call again: it is not made", "hold_seat", json!({"order": order, "seat": "99Z"})),
        turn("what is there, then", "list_free_seats", json!({})),
        turn("a good seat", "hold_seat", json!({"order": order, "seat": seat})),
        turn("it forgets that it did so", "hold_seat", json!({"seat": seat, "order": as_a_model_writes_it})),
        turn("the new address", "change_address", json!({"order": order, "address": "3 New Lane"})),
        Turn {
            dies: true,
            ..turn("its process dies in this call", "issue_voucher", json!({"order": order, "cents": 500}))
        },
        turn("a new process, the same call", "issue_voucher", json!({"order": order, "cents": 500})),
        turn("it changes its mind", "issue_voucher", json!({"order": order, "cents": 5000})),
        turn("money waits for the commit", "refund", json!({"order": order, "cents": 1000})),
        turn("again, and more", "refund", json!({"order": order, "cents": 9000})),
        turn(
            "so does a mail",
            "mail_customer",
            json!({"order": order, "text": format!("Seat {seat} is yours.")}),
        ),
    ]
}
