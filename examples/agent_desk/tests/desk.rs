//! The desk under load and under its model: nothing is forgotten, and nothing happens twice.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use agent_desk::model::turns;
use agent_desk::shop::Shop;
use agent_desk::tools::toolbox;
use saga::prelude::*;
use serde_json::json;

fn shop() -> (tempfile::TempDir, Arc<Shop>) {
    let folder = tempfile::tempdir().unwrap();
    let shop = Arc::new(Shop::open(folder.path().join("shop.db")).unwrap());
    (folder, shop)
}

async fn started(folder: &tempfile::TempDir, shop: &Arc<Shop>) -> Runtime {
    let store = SqliteStore::open(folder.path().join("desk.db")).unwrap();
    Runtime::builder(store).shared_resource(shop.clone()).tools(&toolbox()).start().await.unwrap()
}

#[tokio::test]
async fn a_badly_behaved_model_leaves_the_books_that_were_meant() {
    let (folder, shop) = shop();
    let runtime = started(&folder, &shop).await;
    let (tools, session) = (toolbox(), runtime.session("ticket").unwrap().open().await.unwrap());
    for turn in turns(7) {
        // Refusals are a part of the script.
        session.call_json(&tools, turn.tool, &turn.arguments).await.ok();
    }
    let before = shop.books().unwrap();
    assert_eq!((before["refunds"].len(), before["mails"].len()), (0, 0), "they wait for the commit");
    assert!(session.commit().await.unwrap().is_completed());
    let books = shop.books().unwrap();
    assert_eq!(books["orders"][0], "7 · Ann · 3 New Lane · 9900 · 1");
    assert_eq!(books["seats"], ["12A · 7", "12B · -", "12C · -"]);
    assert_eq!(books["vouchers"], ["7 · 500"]);
    assert_eq!(books["refunds"], ["7 · 1000"]);
    assert_eq!(books["mails"], ["7 · Seat 12A is yours."]);
    runtime.shutdown().await;
}

/// 64 agents at once, all stopped: the shop's database is as it was in the beginning, row for row.
#[tokio::test]
async fn sixty_four_sessions_that_are_rolled_back_leave_nothing() {
    let (folder, shop) = shop();
    let runtime = started(&folder, &shop).await;
    let before = shop.books().unwrap();
    let tools = Arc::new(toolbox());
    let mut agents = tokio::task::JoinSet::new();
    for agent in 0..64 {
        let (runtime, tools) = (runtime.clone(), tools.clone());
        agents.spawn(async move {
            let session = runtime.session(format!("ticket-{agent}")).unwrap().open().await.unwrap();
            for call in 0..3 {
                let text = json!({"order": 7, "text": format!("note {call} of {agent}")});
                session.call_json(&tools, "add_note", &text).await.unwrap();
                session.call_json(&tools, "mail_customer", &text).await.unwrap();
            }
            let voucher = json!({"order": 8, "cents": agent + 1});
            session.call_json(&tools, "issue_voucher", &voucher).await.unwrap();
            // Three of them get a seat.
            let seat = json!({"order": 8, "seat": format!("12{}", ["A", "B", "C"][agent % 3])});
            session.call_json(&tools, "hold_seat", &seat).await.ok();
            assert!(session.roll_back("stopped").await.unwrap().is_rolled_back());
        });
    }
    while let Some(done) = agents.join_next().await {
        done.unwrap();
    }
    assert_eq!(shop.books().unwrap(), before);
    runtime.shutdown().await;
}
