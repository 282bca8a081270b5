//! The tables of a database as it is.

use std::collections::BTreeMap;

use super::ddl::Dialect;
use super::tables::Table;
use crate::store::StoreError;
use crate::store::engine::{Tx, values};

/// Tables and their columns, by name.
pub(super) struct Found(BTreeMap<String, Vec<String>>);

impl Found {
    pub(super) async fn read(tx: &Tx, dialect: Dialect) -> Result<Self, StoreError> {
        // A table of SQLite's own is none of the application's.
        const SQLITE: &str = r#"SELECT "t"."name", "c"."name" FROM sqlite_master AS "t"
            JOIN pragma_table_info("t"."name") AS "c"
            WHERE "t"."type" = 'table' AND "t"."name" NOT LIKE 'sqlite\_%' ESCAPE '\'"#;
        const POSTGRES: &str = r#"SELECT "table_name", "column_name"
            FROM information_schema.columns WHERE "table_schema" = current_schema()"#;
        let sql = match dialect {
            Dialect::Sqlite => SQLITE,
            Dialect::Postgres => POSTGRES,
        };
        let columns = tx.all(sql, values![], |row| Ok((row.text(0)?, row.text(1)?))).await?;
        let mut tables = BTreeMap::<String, Vec<String>>::new();
        for (table, column) in columns {
            tables.entry(table).or_default().push(column);
        }
        Ok(Self(tables))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has_column(&self, table: &str, column: &str) -> bool {
        self.0.get(table).is_some_and(|columns| columns.iter().any(|name| name == column))
    }

    /// Whether all of `tables` are there, with all their columns. Others are nobody's business.
    pub(super) fn check(&self, tables: &[Table]) -> Result<(), StoreError> {
        for table in tables {
            if !self.0.contains_key(table.name) {
                return Err(StoreError::ForeignSchema { missing: format!("table {}", table.name) });
            }
            if let Some(column) =
                table.columns.iter().find(|column| !self.has_column(table.name, column.name))
            {
                let missing = format!("column {}.{}", table.name, column.name);
                return Err(StoreError::ForeignSchema { missing });
            }
        }
        Ok(())
    }
}
