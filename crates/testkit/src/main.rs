//! `test-postgres`: the tests' PostgreSQL for people and scripts.
//!
//! `url` prints a URL of the server, `database [store|signer]` the URL of a migrated database for development,
//! `stop` stops the server unless it is in use.

use anyhow::bail;
use testkit::{Migrations, Template, server, stop_server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["url"] => println!("{}", server().await?.url("postgres")),
        ["database"] | ["database", "store"] => println!("{}", database(Migrations::Store).await?),
        ["database", "signer"] => println!("{}", database(Migrations::Signer).await?),
        ["stop"] => {
            if !stop_server().await? {
                eprintln!("the tests' PostgreSQL is in use and stays; it ends itself when it is not used");
            }
        }
        _ => bail!("usage: test-postgres url | database [store|signer] | stop"),
    }
    Ok(())
}

async fn database(migrations: Migrations) -> anyhow::Result<String> {
    let server = server().await?;
    let template = Template::prepare(&server, migrations).await?;
    let name = template.development_name();
    template.copy_once(&server, &name).await?;
    Ok(server.url(&name))
}
