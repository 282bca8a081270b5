//! Tables as either engine's SQL has them, in the words of upstream's migration.

use std::fmt::Write as _;

use super::append_only;
use super::found::Found;
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
    let mut sql = nullable(dialect, field);
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

fn nullable(dialect: Dialect, field: &AdditionalField) -> String {
    format!(r#""{}" {}"#, field.column, type_name(dialect, field_kind(field.kind)))
}

fn field_kind(kind: FieldType) -> Kind {
    match kind {
        FieldType::Boolean => Kind::Boolean,
        FieldType::Date => Kind::Date,
        FieldType::Number => Kind::Integer,
        FieldType::Numbers | FieldType::Texts => Kind::Json,
        FieldType::Text => Kind::Text,
    }
}

/// The statements that add what of `tables` is missing and can be added. Nothing is changed that is
/// there.
pub(super) fn additions(
    found: &Found,
    dialect: Dialect,
    tables: &[Table],
    statements: &Statements,
) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables {
        if found.columns(table.name).is_none() {
            let sql = create(dialect, std::slice::from_ref(table), statements);
            all.push(sql.trim_end().trim_end_matches(';').to_owned());
            continue;
        }
        let name = table.name;
        let is_missing = |column: &str| found.column(name, column).is_none();
        for column in table.columns.iter().filter(|c| c.is_nullable && is_missing(c.name)) {
            let column = definition(dialect, column);
            all.push(format!(r#"ALTER TABLE "{name}" ADD COLUMN {column}"#));
        }
        // Rows that are there have no value for it, whatever new ones must have.
        for field in statements.fields_of(name).iter().filter(|f| is_missing(&f.column)) {
            let column = nullable(dialect, field);
            all.push(format!(r#"ALTER TABLE "{name}" ADD COLUMN {column}"#));
            if field.unique {
                let column = &field.column;
                all.push(format!(
                    r#"CREATE UNIQUE INDEX "{name}_{column}_uidx" ON "{name}" ("{column}")"#
                ));
            }
        }
    }
    all
}

/// What a column of this type holds, as far as we can tell.
pub(in crate::store) fn kind_of(dialect: Dialect, type_name: &str) -> Option<Kind> {
    let has = |part: &str| type_name.contains(part);
    match dialect {
        Dialect::Postgres => match type_name {
            "text" | "character varying" | "character" | "citext" | "name" | "uuid" => {
                Some(Kind::Text)
            }
            "boolean" => Some(Kind::Boolean),
            "smallint" | "integer" => Some(Kind::Integer),
            "bigint" => Some(Kind::BigInt),
            "json" | "jsonb" => Some(Kind::Json),
            _ if type_name.starts_with("timestamp") => Some(Kind::Date),
            _ => None,
        },
        Dialect::Sqlite if has("bigint") => Some(Kind::BigInt),
        Dialect::Sqlite if has("int") => Some(Kind::Integer),
        Dialect::Sqlite if has("bool") => Some(Kind::Boolean),
        Dialect::Sqlite if has("date") || has("time") => Some(Kind::Date),
        Dialect::Sqlite if has("json") => Some(Kind::Json),
        Dialect::Sqlite if has("char") || has("text") || has("clob") || has("uuid") => {
            Some(Kind::Text)
        }
        Dialect::Sqlite => None,
    }
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
