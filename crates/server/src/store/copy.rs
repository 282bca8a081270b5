//! A database copied into another, of the other engine as a rule.
//!
//! Rows are read in the order of their ids, some at a time, and written where they are not yet: a
//! copy that was broken off is begun again and goes on. In the end both sides are read, and must
//! have the same rows with the same values.

use super::engine::{DatabaseUrl, Engine, Row, Value, values};
use super::schema::{BETTER_AUTH, Dialect, Found, Kind, OURS, kind_of};
use super::{Store, StoreError};
use crate::crypto::Checksum;
use crate::fields::AdditionalFields;

/// Rows that are read and written at once.
const BATCH: usize = 200;

/// How far a copy has come.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "it is what it says")]
pub struct CopyProgress<'a> {
    /// The table that is being copied, or compared.
    pub table: &'a str,
    /// Rows of it that were looked at.
    pub done: u64,
    /// Rows of it in all.
    pub total: u64,
    /// Whether both sides are being compared.
    pub is_check: bool,
}

/// What a copy did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Copied {
    /// Table by table.
    pub tables: Vec<CopiedTable>,
    /// Tables of the source that were not copied, since we do not know them.
    pub left: Vec<String>,
}

/// A table that was copied, and compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// Its rows, on both sides.
    pub rows: u64,
    /// How many were written now; the others were there already.
    pub written: u64,
    /// SHA-256 over all rows and the columns that both sides have, in hex; the same on both sides.
    pub checksum: String,
    /// Columns of the source that the target has not.
    pub left: Vec<String>,
}

/// Why a database was not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The target holds what the source does not.
    #[error(
        "the target's table {table} holds rows that the source has not; copy into an empty one"
    )]
    OtherRows {
        /// Where.
        table: String,
    },
    /// Both sides differ in the end: somebody wrote meanwhile.
    #[error(
        "table {table} differs after the copy; stop what writes to either side, and copy again"
    )]
    Differs {
        /// Where.
        table: String,
    },
    /// A table is missing.
    #[error("the source has no table {table}; `gatewright db check` says more")]
    NoTable {
        /// Which.
        table: String,
    },
    /// A database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A column that both sides have.
struct Shared {
    name: String,
    kind: Kind,
}

/// One table on both sides.
struct Pair<'a> {
    table: &'static str,
    columns: Vec<Shared>,
    source: &'a Engine,
    target: &'a Engine,
}

impl Store {
    /// Copies the rows of every table that we know from one database into another, which gets its
    /// tables if it has none; says how far it has come. Nothing may write to either meanwhile.
    pub async fn copy(
        source: &DatabaseUrl,
        target: &DatabaseUrl,
        user_fields: AdditionalFields,
        session_fields: AdditionalFields,
        mut progress: impl FnMut(CopyProgress<'_>) + Send,
    ) -> Result<Copied, CopyError> {
        let from = Engine::open(source)?;
        let to = Self::open_with(target, user_fields, session_fields).await?;
        let found = [found_in(&from).await?, found_in(&to.engine).await?];
        let mut tables = Vec::new();
        for table in BETTER_AUTH.iter().chain(OURS) {
            let is_needed = BETTER_AUTH.iter().any(|needed| needed.name == table.name);
            let is_there = found.iter().all(|found| found.columns(table.name).is_some());
            match (is_there, is_needed) {
                (true, _) => {}
                (false, true) => return Err(CopyError::NoTable { table: table.name.to_owned() }),
                (false, false) => continue,
            }
            let (columns, left) = shared_columns(table.name, &found, &to.engine);
            let pair = Pair { table: table.name, columns, source: &from, target: &to.engine };
            let total = pair.count(&from).await?;
            let written = pair.copy(total, &mut progress).await?;
            let name = table.name.to_owned();
            let sums = [
                pair.checksum(&from, total, &mut progress).await?,
                pair.checksum(&to.engine, total, &mut progress).await?,
            ];
            let [(rows, checksum), theirs] = sums;
            if (rows, &checksum) != (theirs.0, &theirs.1) {
                return Err(CopyError::Differs { table: name });
            }
            tables.push(CopiedTable { name, rows, written, checksum, left });
        }
        let [source_tables, _] = &found;
        let is_known =
            |name: &&str| BETTER_AUTH.iter().chain(OURS).any(|table| table.name == *name);
        let left = source_tables.tables().filter(|name| !is_known(name)).map(str::to_owned);
        let left = left.collect();
        from.close().await;
        to.close().await;
        Ok(Copied { tables, left })
    }
}

async fn found_in(engine: &Engine) -> Result<Found, StoreError> {
    let dialect = Dialect::of(engine);
    engine.write(move |tx| Box::pin(Found::read(tx, dialect))).await
}

fn shared_columns(
    table: &str,
    [source, target]: &[Found; 2],
    engine: &Engine,
) -> (Vec<Shared>, Vec<String>) {
    let dialect = Dialect::of(engine);
    let (mut shared, mut left) = (Vec::new(), Vec::new());
    for column in source.columns(table).unwrap_or_default() {
        // The target's types say more: in `SQLite` a flag is a number.
        match target.column(table, &column.name) {
            Some(there) => shared.push(Shared {
                name: column.name.clone(),
                kind: known_kind(table, &column.name)
                    .or_else(|| kind_of(dialect, &there.type_name))
                    .unwrap_or(Kind::Text),
            }),
            None => left.push(column.name.clone()),
        }
    }
    (shared, left)
}

fn known_kind(table: &str, column: &str) -> Option<Kind> {
    let table = BETTER_AUTH.iter().chain(OURS).find(|known| known.name == table)?;
    table.columns.iter().find(|known| known.name == column).map(|known| known.kind)
}

impl Pair<'_> {
    async fn count(&self, engine: &Engine) -> Result<u64, StoreError> {
        let sql = format!(r#"SELECT count(*) FROM "{}""#, self.table);
        let rows = engine.first(&sql, values![], |row| row.integer(0)).await?.unwrap_or(0);
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    fn names(&self) -> String {
        let names: Vec<String> =
            self.columns.iter().map(|c| format!("\"{}\"", c.name.replace('"', "\"\""))).collect();
        names.join(", ")
    }

    /// The rows after the id `after`, in the order of their ids as bytes.
    async fn batch(
        &self,
        engine: &Engine,
        after: Option<&str>,
    ) -> Result<Vec<Vec<Value<'static>>>, StoreError> {
        // The engines sort text differently unless they are told.
        let id = match Dialect::of(engine) {
            Dialect::Sqlite => r#"CAST("id" AS text)"#,
            Dialect::Postgres => r#"CAST("id" AS text) COLLATE "C""#,
        };
        let (names, table) = (self.names(), self.table);
        let condition = if after.is_some() { format!("WHERE {id} > $1") } else { String::new() };
        let sql =
            format!(r#"SELECT {names} FROM "{table}" {condition} ORDER BY {id} LIMIT {BATCH}"#);
        let read = |row: &Row<'_>| {
            let columns = self.columns.iter().enumerate();
            columns.map(|(index, column)| read_value(row, index, column.kind)).collect()
        };
        match after {
            Some(after) => engine.all(&sql, values![after], read).await,
            None => engine.all(&sql, values![], read).await,
        }
    }

    fn id_of(&self, row: &[Value<'static>]) -> Option<String> {
        let index = self.columns.iter().position(|column| column.name == "id")?;
        match row.get(index) {
            Some(Value::Text(id)) => Some(id.clone().into_owned()),
            _ => None,
        }
    }

    /// Writes what is not there; says how many rows that were.
    async fn copy(
        &self,
        total: u64,
        progress: &mut (impl FnMut(CopyProgress<'_>) + Send),
    ) -> Result<u64, CopyError> {
        let before = self.count(self.target).await?;
        let (mut after, mut done, mut written) = (None::<String>, 0, 0);
        loop {
            let rows = self.batch(self.source, after.as_deref()).await?;
            let Some(last) = rows.last().and_then(|row| self.id_of(row)) else { break };
            after = Some(last);
            done += rows.len() as u64;
            written += self.insert(rows).await?;
            progress(CopyProgress { table: self.table, done, total, is_check: false });
        }
        // What was there before, and is none of the source's.
        if before + written > done {
            return Err(CopyError::OtherRows { table: self.table.to_owned() });
        }
        Ok(written)
    }

    async fn insert(&self, rows: Vec<Vec<Value<'static>>>) -> Result<u64, StoreError> {
        let width = self.columns.len();
        let places: Vec<String> = (0..rows.len())
            .map(|row| {
                let places: Vec<String> =
                    (1..=width).map(|column| format!("${}", row * width + column)).collect();
                format!("({})", places.join(", "))
            })
            .collect();
        let sql = format!(
            r#"INSERT INTO "{}" ({}) VALUES {} ON CONFLICT ("id") DO NOTHING"#,
            self.table,
            self.names(),
            places.join(", ")
        );
        let values: Vec<Value<'static>> = rows.into_iter().flatten().collect();
        self.target.write(move |tx| Box::pin(async move { tx.execute(&sql, &values).await })).await
    }

    /// How many rows there are, and a checksum over them.
    async fn checksum(
        &self,
        engine: &Engine,
        total: u64,
        progress: &mut (impl FnMut(CopyProgress<'_>) + Send),
    ) -> Result<(u64, String), StoreError> {
        let mut checksum = Checksum::new();
        let (mut after, mut done) = (None::<String>, 0);
        loop {
            let rows = self.batch(engine, after.as_deref()).await?;
            let Some(last) = rows.last().and_then(|row| self.id_of(row)) else { break };
            after = Some(last);
            done += rows.len() as u64;
            for value in rows.iter().flatten() {
                checksum.add(&written(value));
            }
            progress(CopyProgress { table: self.table, done, total, is_check: true });
        }
        Ok((done, checksum.finish()))
    }
}

/// A value as it is, whatever the engine keeps it as.
fn read_value(row: &Row<'_>, index: usize, kind: Kind) -> Result<Value<'static>, StoreError> {
    if row.is_null(index)? {
        return Ok(Value::Null);
    }
    Ok(match kind {
        Kind::Boolean => Value::Bool(row.bool(index)?),
        Kind::Integer | Kind::BigInt => match row.integer(index) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::from(row.text(index)?),
        },
        Kind::Date => Value::Date(row.date(index)?),
        Kind::Json => Value::from(canonical(row.text(index)?)),
        Kind::Text => Value::from(row.text(index)?),
    })
}

/// JSON without what PostgreSQL does not keep: spaces, and the order of members.
fn canonical(json: String) -> String {
    match serde_json::from_str::<serde_json::Value>(&json) {
        Ok(value) => value.to_string(),
        Err(_) => json,
    }
}

fn written(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Text(text) => format!("text {text}"),
        Value::Bool(value) => format!("bool {value}"),
        Value::Integer(value) => format!("integer {value}"),
        Value::Real(value) => format!("real {value}"),
        Value::Date(value) => format!("date {value}"),
    }
}
