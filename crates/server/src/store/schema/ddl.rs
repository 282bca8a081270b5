//! Tables as either engine's SQL has them, in the words of upstream's migration.

use std::fmt::Write as _;

use super::append_only;
use super::tables::{Column, Kind, Rule, Table};
use crate::fields::{AdditionalField, FieldDefault, FieldType};
use crate::store::engine::Engine;
use crate::store::statements::Statements;

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub(in crate::store) fn of(engine: &Engine) -> Self {
        match engine {
            Engine::Sqlite(_) => Self::Sqlite,
            Engine::Postgres(_) => Self::Postgres,
        }
    }
}

/// The statements that make `tables` and their indexes.
pub(super) fn create(dialect: Dialect, tables: &[Table], statements: &Statements) -> String {
    let mut sql = String::new();
    for table in tables {
        let own = table.columns.iter().map(|column| definition(dialect, column));
        let more = statements.fields_of(table.name).iter().map(|field| additional(dialect, field));
        let columns: Vec<String> = own.chain(more).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(sql, r#"CREATE TABLE "{}" ({});"#, table.name, columns.join(", "));
    }
    for table in tables {
        for column in table.columns {
            if matches!(column.rule, Rule::Indexed | Rule::References(_)) {
                let (table, column) = (table.name, column.name);
                let _ = writeln!(
                    sql,
                    r#"CREATE INDEX "{table}_{column}_idx" ON "{table}" ("{column}");"#
                );
            }
        }
        sql.push_str(&append_only::guards(dialect, table.name));
    }
    sql
}

/// A column, as `CREATE TABLE` has it.
pub(super) fn definition(dialect: Dialect, column: &Column) -> String {
    let mut sql = format!(r#""{}" {}"#, column.name, type_name(dialect, column.kind));
    if column.defaults_to_now && dialect == Dialect::Postgres {
        sql.push_str(" default CURRENT_TIMESTAMP");
    }
    if !column.is_nullable {
        sql.push_str(" not null");
    }
    match column.rule {
        Rule::Primary => sql.push_str(" primary key"),
        Rule::Unique => sql.push_str(" unique"),
        Rule::References(table) => {
            let _ = write!(sql, r#" references "{table}" ("id") on delete cascade"#);
        }
        Rule::None | Rule::Indexed => {}
    }
    sql
}

/// The column of an additional field, as `CREATE TABLE` has it.
pub(super) fn additional(dialect: Dialect, field: &AdditionalField) -> String {
    let kind = match field.kind {
        FieldType::Boolean => Kind::Boolean,
        FieldType::Date => Kind::Date,
        FieldType::Number => Kind::Integer,
        FieldType::Numbers | FieldType::Texts => Kind::Json,
        FieldType::Text => Kind::Text,
    };
    let mut sql = format!(r#""{}" {}"#, field.column, type_name(dialect, kind));
    if field.default == Some(FieldDefault::Now) && dialect == Dialect::Postgres {
        sql.push_str(" default CURRENT_TIMESTAMP");
    }
    if field.required {
        sql.push_str(" not null");
    }
    if field.unique {
        sql.push_str(" unique");
    }
    sql
}

pub(super) fn type_name(dialect: Dialect, kind: Kind) -> &'static str {
    match (dialect, kind) {
        (_, Kind::Text) | (Dialect::Sqlite, Kind::Json) => "text",
        (Dialect::Postgres, Kind::Json) => "jsonb",
        (Dialect::Sqlite, Kind::Boolean) | (_, Kind::Integer) => "integer",
        (Dialect::Postgres, Kind::Boolean) => "boolean",
        (_, Kind::BigInt) => "bigint",
        (Dialect::Sqlite, Kind::Date) => "date",
        (Dialect::Postgres, Kind::Date) => "timestamptz",
    }
}
