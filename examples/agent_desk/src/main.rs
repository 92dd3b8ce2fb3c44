//! A customer desk whose tools a model calls.
//!
//! `cargo run -p agent_desk` plays one ticket that is committed, and one that is rolled back, and prints the shop's books.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use agent_desk::model::{Turn, turns};
use agent_desk::shop::{Books, Shop};
use agent_desk::tools::toolbox;
use saga::prelude::*;
use saga::tools::Toolbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("agent-desk-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let shop = Arc::new(Shop::open(folder.join("shop.db"))?);
    let desk = Desk { shop: shop.clone(), toolbox: toolbox(), file: folder.join("desk.db") };
    println!("ticket-1, which is committed");
    desk.serve("ticket-1", true).await?;
    let books = shop.books()?;
    print_books(&books);
    println!("\nticket-2, the same with order 8, which is rolled back");
    desk.serve("ticket-2", false).await?;
    println!("the books are as they were: {}", shop.books()? == books);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

struct Desk {
    shop: Arc<Shop>,
    toolbox: Toolbox,
    file: std::path::PathBuf,
}

impl Desk {
    async fn start(&self, file: &Path) -> Result<Runtime, Box<dyn Error>> {
        let builder = Runtime::builder(SqliteStore::open(file)?).shared_resource(self.shop.clone());
        Ok(builder.tools(&self.toolbox).start().await?)
    }

    /// Lets the model do its work, in as many processes as it takes.
    async fn serve(&self, ticket: &str, commits: bool) -> Result<(), Box<dyn Error>> {
        let mut runtime = self.start(&self.file).await?;
        let mut session = runtime.session(ticket)?.open().await?;
        for Turn { thought, tool, arguments, dies } in turns(if commits { 7 } else { 8 }) {
            println!("\n  # {thought}\n  {tool} {arguments}");
            let call = session.call_json(&self.toolbox, tool, &arguments);
            if dies {
                tokio::time::timeout(Duration::from_millis(50), call).await.ok();
                // What runs is dropped, as by a kill.
                runtime.shutdown_within(Duration::ZERO).await;
                drop(session);
                runtime = self.start(&self.file).await?;
                session = runtime.session(ticket)?.open().await?;
                println!("  -- the process died, and another one opens the session");
                continue;
            }
            match call.await {
                Ok(output) => println!("  = {output}"),
                Err(error) => println!("  ! {}", error.to_string().replace('\n', "\n    ")),
            }
        }
        println!("\n  what a rollback would do now:");
        let plan = session.undo_plan().await?;
        for entry in &plan.entries {
            println!("    {} by {}", entry.site, entry.step.as_deref().unwrap_or("a person"));
        }
        for site in &plan.deferred {
            println!("    {site} is dropped: it waits for the commit");
        }
        let end = match commits {
            true => session.commit().await?,
            false => session.roll_back("the customer has hung up").await?,
        };
        println!("  {end}\n");
        drop(session);
        runtime.shutdown().await;
        Ok(())
    }
}

fn print_books(books: &Books) {
    for (table, rows) in books {
        println!(
            "  {table:<9} {}",
            if rows.is_empty() { "-".to_owned() } else { rows.join("\n            ") }
        );
    }
}
